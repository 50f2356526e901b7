import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { changed } from "./attribute.ts";
import { nameFrom } from "./resource-load-balancer.ts";
import { deregister, register, targets } from "./target.ts";
import {
  balancersOf,
  createTargetGroup,
  deleteTargetGroup,
  dimensionOf,
  healthCheckOf,
  knownAttributes,
  requireTargetGroup,
  type TargetGroup,
  targetGroups,
} from "./target-group.ts";

type Properties = Readonly<Record<string, any>>;

const number = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html; its id is its ARN. */
export const targetGroupResource: ResourceType<Properties> = {
  type: "AWS::ElasticLoadBalancingV2::TargetGroup",
  ensure: (scope, declared, id, { generatedName, tags, previous = {} }) =>
    attempt(scope, () => {
      const Name: string = declared["Name"] ?? nameFrom(generatedName);
      if (id === undefined && targetGroups.get(scope, Name) !== undefined)
        return alreadyExists("AWS::ElasticLoadBalancingV2::TargetGroup", Name);
      const health = healthOf(declared);
      const { Protocol, ProtocolVersion, VpcId, TargetType } = declared;
      const arn =
        id ??
        createTargetGroup.handle(scope, { Name, Protocol, ProtocolVersion, VpcId, TargetType, Port: number(declared["Port"]), ...health })
          .TargetGroups![0]!.TargetGroupArn!;
      const group = requireTargetGroup(scope, arn);
      const attributes = changed(knownAttributes(group), {}, declared["TargetGroupAttributes"] ?? [], "Target group");
      const settled = targetGroups.patch(scope, group.id, {
        healthCheck: healthCheckOf(health, group.protocol),
        attributes,
        tags: allTags(tags, declared["Tags"]),
      });
      settleTargets(scope, settled, declared["Targets"] ?? [], previous["Targets"] ?? []);
      return arn;
    }),
  read(scope, id) {
    const group = targetGroups.by(scope, "arn", id)[0];
    return group && live(scope, group);
  },
  remove: (scope, id) =>
    attempt(
      scope,
      () => {
        deleteTargetGroup.handle(scope, { TargetGroupArn: id });
        return id;
      },
      id,
    ),
  list: (scope) => targetGroups.list(scope).map(({ arn }) => arn),
  absent: {
    IpAddressType: ["ipv4"],
    ProtocolVersion: ["HTTP1"],
    HealthCheckEnabled: [true],
    TargetControlPort: [],
    "Matcher/GrpcCode": [],
    "Targets/AvailabilityZone": ["all"],
    "Targets/QuicServerId": [],
  },
};

const healthOf = (declared: Properties) => ({
  HealthCheckProtocol: declared["HealthCheckProtocol"],
  HealthCheckPort: declared["HealthCheckPort"] === undefined ? undefined : String(declared["HealthCheckPort"]),
  HealthCheckPath: declared["HealthCheckPath"],
  HealthCheckIntervalSeconds: number(declared["HealthCheckIntervalSeconds"]),
  HealthCheckTimeoutSeconds: number(declared["HealthCheckTimeoutSeconds"]),
  HealthyThresholdCount: number(declared["HealthyThresholdCount"]),
  UnhealthyThresholdCount: number(declared["UnhealthyThresholdCount"]),
  Matcher: declared["Matcher"],
});

/** What others registered stays. */
function settleTargets(scope: Scope, group: TargetGroup, wanted: readonly Properties[], before: readonly Properties[]): void {
  const portOf = ({ Port }: Properties): number => number(Port) ?? group.port;
  const isSame = (one: Properties) => (other: Properties) => one["Id"] === other["Id"] && portOf(one) === portOf(other);
  for (const target of before) if (!wanted.some(isSame(target))) deregister(scope, group, { Id: target["Id"], Port: portOf(target) });
  for (const target of wanted) register(scope, group, { Id: target["Id"], Port: number(target["Port"]) });
}

function live(scope: Scope, group: TargetGroup): Properties {
  const { healthCheck: check } = group;
  const isHttp = check.protocol === "HTTP";
  return present({
    TargetGroupArn: group.arn,
    TargetGroupName: group.id,
    TargetGroupFullName: dimensionOf(group),
    LoadBalancerArns: balancersOf(scope, group.arn),
    Name: group.id,
    Protocol: group.protocol,
    ProtocolVersion: group.protocol === "HTTP" ? "HTTP1" : undefined,
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: group.targetType,
    IpAddressType: "ipv4",
    HealthCheckEnabled: true,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckPath: isHttp ? check.path : undefined,
    Matcher: isHttp ? { HttpCode: check.matcher } : undefined,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    TargetGroupAttributes: Object.entries(group.attributes).map(([Key, Value]) => ({ Key, Value })),
    Targets: targets
      .list(scope, `${group.id} `)
      .filter(({ state }) => state !== "draining")
      .map(({ targetId, port, isDefaultPort }) => ({ Id: targetId, ...(!isDefaultPort && { Port: port }) })),
    Tags: tagList(group.tags),
  });
}
