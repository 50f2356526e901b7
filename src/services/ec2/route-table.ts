import type { Scope } from "../../kernel/scope.ts";
import { DescribeInternetGateways$, DescribeRouteTables$, DescribeVpnGateways$ } from "../../sdk/ec2.js";
import { defaultId } from "./default-network.ts";
import { ec2Operation } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { shownTags, tagsFor } from "./tag.ts";
import { defaultVpc, vpcs } from "./vpc.ts";

/** The main route table of each VPC, the only one that it has; that of the default VPC leads to its internet gateway. */
export const describeRouteTables = ec2Operation(DescribeRouteTables$, (scope, { RouteTableIds, Filters, ...paging }) => {
  const all = vpcs.list(scope).map(({ id: vpcId, cidr, isDefault }) => {
    const id = defaultId(scope, "rtb", vpcId);
    const association = { RouteTableAssociationId: defaultId(scope, "rtbassoc", vpcId), RouteTableId: id, Main: true };
    const local = { DestinationCidrBlock: cidr, GatewayId: "local", State: "active" as const, Origin: "CreateRouteTable" as const };
    const outward = {
      DestinationCidrBlock: "0.0.0.0/0",
      GatewayId: gatewayId(scope),
      State: "active" as const,
      Origin: "CreateRoute" as const,
    };
    return {
      RouteTableId: id,
      VpcId: vpcId,
      OwnerId: scope.account,
      Routes: isDefault ? [local, outward] : [local],
      Associations: [{ ...association, AssociationState: { State: "associated" as const } }],
      PropagatingVgws: [],
      ...shownTags(scope, id),
    };
  });
  const found = all.filter(
    ({ RouteTableId, VpcId, Associations, Routes }) =>
      (RouteTableIds === undefined || RouteTableIds.includes(RouteTableId)) &&
      fits(
        Filters,
        {
          "route-table-id": RouteTableId,
          "vpc-id": VpcId,
          "owner-id": scope.account,
          "association.main": true,
          "association.route-table-id": RouteTableId,
          "association.route-table-association-id": Associations[0]!.RouteTableAssociationId,
          "association.subnet-id": undefined,
          "route.gateway-id": Routes.map(({ GatewayId }) => GatewayId),
          "route.destination-cidr-block": Routes.map(({ DestinationCidrBlock }) => DestinationCidrBlock),
        },
        tagsFor(scope, RouteTableId),
      ),
  );
  const { items, next } = paged(found, ({ RouteTableId }) => RouteTableId, paging);
  return { RouteTables: items, ...next };
});

/** That of the default VPC. */
export const describeInternetGateways = ec2Operation(DescribeInternetGateways$, (scope, { InternetGatewayIds, Filters, ...paging }) => {
  const vpc = defaultVpc(scope);
  const InternetGatewayId = gatewayId(scope);
  const all =
    vpc === undefined ? [] : [{ InternetGatewayId, OwnerId: scope.account, Attachments: [{ VpcId: vpc.id, State: "available" as never }] }];
  const found = all.filter(
    ({ Attachments }) =>
      (InternetGatewayIds === undefined || InternetGatewayIds.includes(InternetGatewayId)) &&
      fits(
        Filters,
        {
          "internet-gateway-id": InternetGatewayId,
          "owner-id": scope.account,
          "attachment.vpc-id": Attachments[0]!.VpcId,
          "attachment.state": "available",
        },
        tagsFor(scope, InternetGatewayId),
      ),
  );
  const { items, next } = paged(found, (gateway) => gateway.InternetGatewayId, paging);
  return { InternetGateways: items.map((gateway) => ({ ...gateway, ...shownTags(scope, gateway.InternetGatewayId) })), ...next };
});

/** There are none, and none can be made. */
export const describeVpnGateways = ec2Operation(DescribeVpnGateways$, () => ({ VpnGateways: [] }));

const gatewayId = (scope: Scope): string => defaultId(scope, "igw");
