import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateTargetGroup$,
  DeleteTargetGroup$,
  DescribeTargetGroupAttributes$,
  DescribeTargetGroups$,
  DuplicateTargetGroupNameException,
  ModifyTargetGroup$,
  ModifyTargetGroupAttributes$,
  ResourceInUseException,
  type TargetGroup as Shape,
  TargetGroupNotFoundException,
} from "../../sdk/elastic-load-balancing-v2.js";
import { type Attributes, allOf, changed, settingOf, TARGET_GROUP } from "./attribute.ts";
import { listeners } from "./listener.ts";
import { listed, notImplemented, resourceOf } from "./listing.ts";
import { checkName } from "./load-balancer.ts";
import { rules } from "./rule.ts";
import { targets } from "./target.ts";

/** How a target is asked whether it is well. */
export interface HealthCheck {
  readonly protocol: "HTTP" | "TCP";
  /** A number, or traffic-port. */
  readonly port: string;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Such as 200,202 or 200-299. */
  readonly matcher: string;
}

/** A target group, by its name. */
export interface TargetGroup extends Row {
  readonly arn: string;
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  readonly vpcId?: string;
  readonly targetType: "instance" | "ip";
  readonly healthCheck: HealthCheck;
  readonly attributes: Attributes;
  readonly tags: Tags;
}

/** What may be said of health checks. */
interface HealthWish {
  readonly HealthCheckProtocol?: string | undefined;
  readonly HealthCheckPort?: string | undefined;
  readonly HealthCheckPath?: string | undefined;
  readonly HealthCheckEnabled?: boolean | undefined;
  readonly HealthCheckIntervalSeconds?: number | undefined;
  readonly HealthCheckTimeoutSeconds?: number | undefined;
  readonly HealthyThresholdCount?: number | undefined;
  readonly UnhealthyThresholdCount?: number | undefined;
  readonly Matcher?: { HttpCode?: string | undefined; GrpcCode?: string | undefined } | undefined;
}

export const targetGroups = new Table<TargetGroup>("elastic-load-balancing-v2/target-group", {
  indexes: { arn: ({ arn }) => arn },
  arn: ({ arn }) => arn,
});

export const createTargetGroup = operation(CreateTargetGroup$, (scope, input) => {
  const name = input.Name!;
  checkName("Target group", name);
  const targetType = input.TargetType ?? "instance";
  if (targetType === "lambda" || targetType === "alb") notImplemented(`A target group of the type ${targetType}`);
  const { Protocol: protocol, Port: port } = input;
  if (protocol === undefined) fault("ValidationError", "A protocol must be specified");
  if (port === undefined) fault("ValidationError", "A port must be specified");
  if (protocol !== "HTTP" && protocol !== "TCP") notImplemented(`A target group of the protocol ${protocol}`);
  // Terraform sends an empty text where its user says nothing.
  if ((input.ProtocolVersion || "HTTP1") !== "HTTP1") notImplemented(`The protocol version ${input.ProtocolVersion} of a target group`);
  if (input.VpcId === undefined) fault("ValidationError", "A VPC ID must be specified");
  const wished = {
    protocol: protocol as TargetGroup["protocol"],
    port: port!,
    vpcId: input.VpcId!,
    targetType: targetType as TargetGroup["targetType"],
    healthCheck: healthCheckOf(input, protocol as TargetGroup["protocol"]),
  };
  const known = targetGroups.get(scope, name);
  if (known !== undefined) {
    const { protocol: p, port: n, vpcId, targetType: t, healthCheck } = known;
    if (JSON.stringify({ protocol: p, port: n, vpcId, targetType: t, healthCheck }) === JSON.stringify(wished))
      return { TargetGroups: [shown(scope, known)] };
    fault(DuplicateTargetGroupNameException, "A target group with the same name exists, but with different settings");
  }
  const arn = scope.arn("elasticloadbalancing", `targetgroup/${name}/${scope.id.hex(16)}`);
  const group = targetGroups.put(scope, { id: name, arn, ...wished, attributes: {}, tags: tagsOf(input.Tags) });
  return { TargetGroups: [shown(scope, group)] };
});

export const describeTargetGroups = operation(DescribeTargetGroups$, (scope, { LoadBalancerArn, TargetGroupArns, Names, ...paging }) => {
  const found =
    TargetGroupArns !== undefined && TargetGroupArns.length > 0
      ? TargetGroupArns.map((arn) => requireTargetGroup(scope, arn))
      : Names !== undefined && Names.length > 0
        ? Names.map((name) => targetGroups.get(scope, name) ?? notFound())
        : targetGroups.list(scope).filter(({ arn }) => LoadBalancerArn === undefined || balancersOf(scope, arn).includes(LoadBalancerArn));
  const { items, next } = listed(found, paging);
  return { TargetGroups: items.map((group) => shown(scope, group)), ...next };
});

export const modifyTargetGroup = operation(ModifyTargetGroup$, (scope, { TargetGroupArn, ...wish }) => {
  const group = requireTargetGroup(scope, TargetGroupArn!);
  const next = targetGroups.patch(scope, group.id, { healthCheck: healthCheckOf(wish, group.protocol, group.healthCheck) });
  return { TargetGroups: [shown(scope, next)] };
});

export const deleteTargetGroup = operation(DeleteTargetGroup$, (scope, { TargetGroupArn }) => {
  const group = targetGroups.by(scope, "arn", TargetGroupArn!)[0];
  if (group === undefined) return {};
  if (rules.by(scope, "targetGroup", group.arn).length > 0)
    fault(ResourceInUseException, `Target group '${group.arn}' is currently in use by a listener or a rule`);
  // A check that is on its way is given up by the target's loop.
  for (const target of targets.list(scope, `${group.id} `))
    targets.patch(scope, target.id, { state: "draining", drainedAt: scope.clock.now() });
  targetGroups.remove(scope, group.id);
  return {};
});

export const describeTargetGroupAttributes = operation(DescribeTargetGroupAttributes$, (scope, { TargetGroupArn }) => {
  const group = requireTargetGroup(scope, TargetGroupArn!);
  return { Attributes: allOf(knownAttributes(group), group.attributes) };
});

export const modifyTargetGroupAttributes = operation(ModifyTargetGroupAttributes$, (scope, { TargetGroupArn, Attributes }) => {
  const group = requireTargetGroup(scope, TargetGroupArn!);
  const attributes = changed(knownAttributes(group), group.attributes, Attributes!, "Target group");
  targetGroups.patch(scope, group.id, { attributes });
  return { Attributes: allOf(knownAttributes(group), attributes) };
});

export const requireTargetGroup = (scope: Scope, arn: string): TargetGroup => targetGroups.by(scope, "arn", arn)[0] ?? notFound();

const notFound = (): never => fault(TargetGroupNotFoundException, "One or more target groups not found");

/** The balancers that lead to a target group. */
export const balancersOf = (scope: Scope, arn: string): string[] => [
  ...new Set(rules.by(scope, "targetGroup", arn).flatMap(({ listenerArn }) => listeners.get(scope, listenerArn)?.loadBalancerArn ?? [])),
];

export const knownAttributes = ({ protocol }: TargetGroup) => TARGET_GROUP[protocol === "HTTP" ? "application" : "network"];

export const attributeOf = (group: TargetGroup, key: string): string => settingOf(knownAttributes(group), group.attributes, key);

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html */
export function healthCheckOf(wish: HealthWish, protocol: TargetGroup["protocol"], before?: HealthCheck): HealthCheck {
  if (wish.HealthCheckEnabled === false) notImplemented("A target group without health checks");
  const wanted = wish.HealthCheckProtocol ?? before?.protocol ?? protocol;
  if (wanted !== "HTTP" && wanted !== "TCP") return notImplemented(`Health checks of the protocol ${wanted}`);
  if (wish.Matcher?.GrpcCode !== undefined) notImplemented("A matcher of gRPC codes");
  const isTcp = protocol === "TCP";
  const check = {
    protocol: wanted as HealthCheck["protocol"],
    port: wish.HealthCheckPort ?? before?.port ?? "traffic-port",
    path: wish.HealthCheckPath ?? before?.path ?? "/",
    intervalSeconds: wish.HealthCheckIntervalSeconds ?? before?.intervalSeconds ?? 30,
    timeoutSeconds: wish.HealthCheckTimeoutSeconds ?? before?.timeoutSeconds ?? (isTcp ? 10 : 5),
    healthyThreshold: wish.HealthyThresholdCount ?? before?.healthyThreshold ?? 5,
    unhealthyThreshold: wish.UnhealthyThresholdCount ?? before?.unhealthyThreshold ?? 2,
    matcher: wish.Matcher?.HttpCode ?? before?.matcher ?? (isTcp ? "200-399" : "200"),
  };
  if (check.timeoutSeconds > check.intervalSeconds || (!isTcp && check.timeoutSeconds === check.intervalSeconds)) {
    const smaller = isTcp ? "smaller than or equal to" : "smaller than";
    fault("ValidationError", `Health check timeout '${check.timeoutSeconds}' must be ${smaller} the interval '${check.intervalSeconds}'`);
  }
  return check;
}

const shown = (scope: Scope, { arn, id, healthCheck: check, ...group }: TargetGroup): Shape => ({
  TargetGroupArn: arn,
  TargetGroupName: id,
  Protocol: group.protocol,
  ...(group.protocol === "HTTP" && { ProtocolVersion: "HTTP1" }),
  Port: group.port,
  VpcId: group.vpcId!,
  TargetType: group.targetType,
  HealthCheckEnabled: true,
  HealthCheckProtocol: check.protocol,
  HealthCheckPort: check.port,
  ...(check.protocol === "HTTP" && { HealthCheckPath: check.path, Matcher: { HttpCode: check.matcher } }),
  HealthCheckIntervalSeconds: check.intervalSeconds,
  HealthCheckTimeoutSeconds: check.timeoutSeconds,
  HealthyThresholdCount: check.healthyThreshold,
  UnhealthyThresholdCount: check.unhealthyThreshold,
  LoadBalancerArns: balancersOf(scope, arn),
  IpAddressType: "ipv4",
});

/** What metrics call it, such as targetgroup/web/0123456789abcdef. */
export const dimensionOf = ({ arn }: Pick<TargetGroup, "arn">): string => resourceOf(arn);
