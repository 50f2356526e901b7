import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { changed, LOAD_BALANCER } from "./attribute.ts";
import {
  createLoadBalancer,
  deleteLoadBalancer,
  dimensionOf,
  loadBalancers,
  setSecurityGroups,
  setSubnets,
  shown,
} from "./load-balancer.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 32;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html; its id is its ARN. */
export const loadBalancerResource: ResourceType<Properties> = {
  type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name: string = declared["Name"] ?? nameFrom(generatedName);
      if (id === undefined && loadBalancers.get(scope, name) !== undefined)
        return alreadyExists("AWS::ElasticLoadBalancingV2::LoadBalancer", name);
      const { Type, Scheme, Subnets, SecurityGroups = [] } = declared;
      const arn =
        id ?? createLoadBalancer.handle(scope, { Name: name, Type, Scheme, Subnets, SecurityGroups }).LoadBalancers![0]!.LoadBalancerArn!;
      if (id !== undefined) {
        setSubnets.handle(scope, { LoadBalancerArn: arn, Subnets });
        setSecurityGroups.handle(scope, { LoadBalancerArn: arn, SecurityGroups });
      }
      const balancer = loadBalancers.by(scope, "arn", arn)[0]!;
      const attributes = changed(LOAD_BALANCER[balancer.type], {}, declared["LoadBalancerAttributes"] ?? [], "Load balancer");
      loadBalancers.patch(scope, balancer.id, { attributes, tags: allTags(tags, declared["Tags"]) });
      return arn;
    }),
  read(scope, id) {
    const balancer = loadBalancers.by(scope, "arn", id)[0];
    if (balancer === undefined) return undefined;
    const { LoadBalancerArn, LoadBalancerName, DNSName, CanonicalHostedZoneId, Scheme, Type, IpAddressType } = shown(scope, balancer);
    return present({
      LoadBalancerArn,
      LoadBalancerName,
      Name: LoadBalancerName,
      DNSName,
      CanonicalHostedZoneID: CanonicalHostedZoneId,
      LoadBalancerFullName: dimensionOf(balancer),
      Scheme,
      Type,
      IpAddressType,
      Subnets: balancer.subnetIds,
      SecurityGroups: balancer.securityGroups,
      LoadBalancerAttributes: Object.entries(balancer.attributes).map(([Key, Value]) => ({ Key, Value })),
      Tags: tagList(balancer.tags),
    });
  },
  remove: (scope, id) =>
    attempt(
      scope,
      () => {
        deleteLoadBalancer.handle(scope, { LoadBalancerArn: id });
        return id;
      },
      id,
    ),
  list: (scope) => loadBalancers.list(scope).map(({ arn }) => arn),
  absent: {
    IpAddressType: ["ipv4"],
    SubnetMappings: [],
    EnablePrefixForIpv6SourceNat: ["off"],
    MinimumLoadBalancerCapacity: [],
    EnableCapacityReservationProvisionStabilize: [false],
    EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: ["off"],
    Ipv4IpamPoolId: [],
  },
};

/** A generated name, as short as AWS wants it: what makes it unique is at its end. */
export function nameFrom(generatedName: string): string {
  const at = generatedName.lastIndexOf("-");
  const suffix = generatedName.slice(at + 1).slice(-12);
  return `${generatedName.slice(0, Math.min(at, NAME_MAX - suffix.length - 1)).replace(/-+$/, "")}-${suffix}`;
}
