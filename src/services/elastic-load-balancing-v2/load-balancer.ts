import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateLoadBalancer$,
  DeleteLoadBalancer$,
  DescribeCapacityReservation$,
  DescribeLoadBalancerAttributes$,
  DescribeLoadBalancers$,
  DuplicateLoadBalancerNameException,
  InvalidConfigurationRequestException,
  InvalidSecurityGroupException,
  LoadBalancerNotFoundException,
  ModifyLoadBalancerAttributes$,
  OperationNotPermittedException,
  SetIpAddressType$,
  SetSecurityGroups$,
  SetSubnets$,
  type LoadBalancer as Shape,
  SubnetNotFoundException,
} from "../../sdk/elastic-load-balancing-v2.js";
import { hasSecurityGroup, subnetOf } from "../ec2/api.ts";
import { type Attributes, allOf, changed, LOAD_BALANCER, settingOf } from "./attribute.ts";
import { listeners, removeListener } from "./listener.ts";
import { listed, notImplemented, resourceOf } from "./listing.ts";

/** A load balancer, by its name. It has an address of this machine's loopback, on which each listener is a port. */
export interface LoadBalancer extends Row {
  readonly arn: string;
  readonly type: "application" | "network";
  readonly scheme: "internet-facing" | "internal";
  readonly state: "provisioning" | "active";
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroups: readonly string[];
  readonly address: string;
  readonly attributes: Attributes;
  readonly tags: Tags;
  readonly createdAt: number;
}

/** The addresses that balancers of any account and region have. */
export const addresses = new Table<Row & { readonly arn: string }>("elastic-load-balancing-v2/address", { reach: "global" });

export const loadBalancers = new Table<LoadBalancer>("elastic-load-balancing-v2/load-balancer", {
  indexes: { arn: ({ arn }) => arn },
  arn: ({ arn }) => arn,
});

export const createLoadBalancer = operation(
  CreateLoadBalancer$,
  (scope, input) => {
    const name = input.Name!;
    checkName("Load balancer", name);
    const type = input.Type ?? "application";
    if (type === "gateway") notImplemented("A gateway load balancer");
    if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4")
      notImplemented(`The address type ${input.IpAddressType} of a load balancer`);
    const subnetIds = input.Subnets ?? input.SubnetMappings?.map(({ SubnetId }) => SubnetId!) ?? [];
    const vpcId = checkSubnets(scope, subnetIds, type as LoadBalancer["type"]);
    const scheme = input.Scheme ?? "internet-facing";
    const securityGroups = input.SecurityGroups ?? [];
    checkSecurityGroups(scope, securityGroups);
    const known = loadBalancers.get(scope, name);
    if (known !== undefined) {
      if (known.type === type && known.scheme === scheme && String(known.subnetIds) === String(subnetIds))
        return { LoadBalancers: [shown(scope, known)] };
      fault(DuplicateLoadBalancerNameException, "A load balancer with the same name exists, but with different settings");
    }
    const arn = scope.arn("elasticloadbalancing", `loadbalancer/${type === "application" ? "app" : "net"}/${name}/${scope.id.hex(16)}`);
    const balancer = loadBalancers.put(scope, {
      id: name,
      arn,
      type: type as LoadBalancer["type"],
      scheme,
      state: "provisioning",
      vpcId,
      subnetIds,
      securityGroups,
      address: takeAddress(scope, arn),
      attributes: {},
      tags: tagsOf(input.Tags),
      createdAt: scope.clock.now(),
    });
    return { LoadBalancers: [shown(scope, balancer)] };
  },
  { partial: "subnets, scheme and security groups are kept; whoever reaches this machine's loopback reaches the balancer" },
);

export const describeLoadBalancers = operation(DescribeLoadBalancers$, (scope, { LoadBalancerArns, Names, ...paging }) => {
  if (Names !== undefined && Names.length > 0 && LoadBalancerArns !== undefined && LoadBalancerArns.length > 0)
    fault("ValidationError", "Load balancer names and load balancer ARNs cannot be specified at the same time");
  const found =
    LoadBalancerArns !== undefined && LoadBalancerArns.length > 0
      ? LoadBalancerArns.map((arn) => requireLoadBalancer(scope, arn))
      : Names !== undefined && Names.length > 0
        ? Names.map((name) => loadBalancers.get(scope, name) ?? notFound(name))
        : loadBalancers.list(scope);
  const { items, next } = listed(found, paging);
  return { LoadBalancers: items.map((balancer) => shown(scope, balancer)), ...next };
});

export const deleteLoadBalancer = operation(DeleteLoadBalancer$, (scope, { LoadBalancerArn }) => {
  const balancer = loadBalancers.by(scope, "arn", LoadBalancerArn!)[0];
  if (balancer === undefined) return {};
  if (settingOf(LOAD_BALANCER[balancer.type], balancer.attributes, "deletion_protection.enabled") === "true")
    fault(OperationNotPermittedException, `Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`);
  for (const listener of listeners.by(scope, "loadBalancer", balancer.arn)) removeListener(scope, listener);
  addresses.remove(scope, balancer.address);
  loadBalancers.remove(scope, balancer.id);
  return {};
});

export const describeLoadBalancerAttributes = operation(DescribeLoadBalancerAttributes$, (scope, { LoadBalancerArn }) => {
  const { type, attributes } = requireLoadBalancer(scope, LoadBalancerArn!);
  return { Attributes: allOf(LOAD_BALANCER[type], attributes) };
});

export const modifyLoadBalancerAttributes = operation(ModifyLoadBalancerAttributes$, (scope, { LoadBalancerArn, Attributes }) => {
  const { id, type, attributes: before } = requireLoadBalancer(scope, LoadBalancerArn!);
  const attributes = changed(LOAD_BALANCER[type], before, Attributes!, "Load balancer");
  loadBalancers.patch(scope, id, { attributes });
  return { Attributes: allOf(LOAD_BALANCER[type], attributes) };
});

/** Nothing is ever reserved. */
export const describeCapacityReservation = operation(DescribeCapacityReservation$, (scope, { LoadBalancerArn }) => {
  requireLoadBalancer(scope, LoadBalancerArn!);
  return { CapacityReservationState: [] };
});

export const setSecurityGroups = operation(
  SetSecurityGroups$,
  (scope, { LoadBalancerArn, SecurityGroups }) => {
    const { id } = requireLoadBalancer(scope, LoadBalancerArn!);
    checkSecurityGroups(scope, SecurityGroups!);
    loadBalancers.patch(scope, id, { securityGroups: SecurityGroups! });
    return { SecurityGroupIds: [...SecurityGroups!] };
  },
  { partial: "kept; no packet is filtered by it" },
);

function checkSecurityGroups(scope: Scope, ids: readonly string[]): void {
  const missing = ids.find((id) => !hasSecurityGroup(scope, id));
  if (missing !== undefined) fault(InvalidSecurityGroupException, `The security group '${missing}' does not exist`);
}

export const setSubnets = operation(
  SetSubnets$,
  (scope, { LoadBalancerArn, Subnets, SubnetMappings }) => {
    const balancer = requireLoadBalancer(scope, LoadBalancerArn!);
    const subnetIds = Subnets ?? SubnetMappings?.map(({ SubnetId }) => SubnetId!) ?? [];
    checkSubnets(scope, subnetIds, balancer.type);
    return { AvailabilityZones: shown(scope, loadBalancers.patch(scope, balancer.id, { subnetIds })).AvailabilityZones! };
  },
  { partial: "kept; no packet is routed by it" },
);

export const setIpAddressType = operation(SetIpAddressType$, (scope, { LoadBalancerArn, IpAddressType }) => {
  requireLoadBalancer(scope, LoadBalancerArn!);
  if (IpAddressType !== "ipv4") notImplemented(`The address type ${IpAddressType} of a load balancer`);
  return { IpAddressType: "ipv4" as const };
});

export const requireLoadBalancer = (scope: Scope, arn: string): LoadBalancer => loadBalancers.by(scope, "arn", arn)[0] ?? notFound(arn);

const notFound = (name: string): never =>
  fault(
    LoadBalancerNotFoundException,
    name.startsWith("arn:") ? `Load balancer '${name}' not found` : `Load balancers '[${name}]' not found`,
  );

export function checkName(kind: string, name: string): void {
  if (/^(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/.test(name)) return;
  if (name.length > 32) fault("ValidationError", `${kind} name '${name}' cannot be longer than '32' characters`);
  fault("ValidationError", `${kind} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`);
}

function checkSubnets(scope: Scope, ids: readonly string[], type: LoadBalancer["type"]): string {
  const subnets = ids.map((id) => subnetOf(scope, id) ?? fault(SubnetNotFoundException, `The subnet ID '${id}' does not exist`));
  if (subnets.length === 0) fault("ValidationError", "You must specify subnets");
  if (type === "application" && new Set(subnets.map(({ zone }) => zone)).size < 2)
    fault(InvalidConfigurationRequestException, "At least two subnets in two different Availability Zones must be specified");
  return subnets[0]!.vpcId;
}

/** A loopback address of its own, so that every balancer may have port 80. It derives from the ARN; where it is taken, from a later try. */
function takeAddress(scope: Scope, arn: string): string {
  const ids = idsFrom(arn);
  for (;;) {
    const [a, b, c] = [64 + Math.floor(ids.chance() * 64), Math.floor(ids.chance() * 256), 1 + Math.floor(ids.chance() * 254)];
    const address = `127.${a}.${b}.${c}`;
    if (addresses.get(scope, address) !== undefined) continue;
    addresses.put(scope, { id: address, arn });
    return address;
  }
}

export const shown = (scope: Scope, balancer: LoadBalancer): Shape => ({
  LoadBalancerArn: balancer.arn,
  LoadBalancerName: balancer.id,
  DNSName: balancer.address,
  CanonicalHostedZoneId: balancer.type === "application" ? "Z32O12XQLNTSW2" : "Z2IFOLAFXWLO4F",
  CreatedTime: new Date(balancer.createdAt),
  Scheme: balancer.scheme,
  VpcId: balancer.vpcId,
  State: { Code: balancer.state },
  Type: balancer.type,
  AvailabilityZones: balancer.subnetIds.map((SubnetId) => ({
    SubnetId,
    ZoneName: subnetOf(scope, SubnetId)?.zone ?? scope.region,
    LoadBalancerAddresses: [],
  })),
  ...(balancer.securityGroups.length > 0 && { SecurityGroups: [...balancer.securityGroups] }),
  IpAddressType: "ipv4",
});

/** What metrics call it, such as app/web/0123456789abcdef. */
export const dimensionOf = ({ arn }: Pick<LoadBalancer, "arn">): string => resourceOf(arn).slice("loadbalancer/".length);
