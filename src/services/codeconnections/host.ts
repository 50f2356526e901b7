import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreateHost$,
  DeleteHost$,
  GetHost$,
  InvalidInputException,
  ListHosts$,
  type ProviderType,
  ResourceNotFoundException,
  ResourceUnavailableException,
  UpdateHost$,
  type VpcConfiguration,
} from "../../sdk/codeconnections.js";
import * as former from "../../sdk/codestar-connections.js";
import { connections } from "./connection.ts";
import { named, type Prefix, underBothNames } from "./two-names.ts";
import { vpcProblem } from "./vpc-configuration.ts";

/**
 * Where an installed provider is. It is PENDING until somebody has set it up. Its id is its name and eight digits.
 * https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_Host.html
 */
export interface Host extends Row {
  readonly prefix: Prefix;
  readonly name: string;
  readonly providerType: ProviderType;
  readonly providerEndpoint: string;
  readonly vpc?: VpcConfiguration;
  readonly status: "PENDING" | "AVAILABLE" | "VPC_CONFIG_FAILED_INITIALIZATION";
  readonly statusMessage?: string | undefined;
  readonly tags: Tags;
}

export const hosts = new Table<Host>("codeconnections/host", {
  arn: ({ id, prefix }, { account, region }) => `arn:aws:${prefix}:${region}:${account}:host/${id}`,
});

const PAGE_SIZE = 100;
/** The providers that somebody installs on a machine of his own. */
const INSTALLED: readonly string[] = ["GitHubEnterpriseServer", "GitLabSelfManaged"];

export const createHost = underBothNames(
  CreateHost$,
  former.CreateHost$,
  (scope, { Name, ProviderType, ProviderEndpoint, VpcConfiguration, Tags = [] }, prefix) => {
    if (!INSTALLED.includes(ProviderType!))
      fault(InvalidInputException, `The provider type ${ProviderType} is not an installed provider: ${INSTALLED.join(", ")}.`);
    const host = hosts.put(scope, {
      id: `${Name}-${scope.id.hex(8)}`,
      prefix,
      name: Name!,
      providerType: ProviderType!,
      providerEndpoint: ProviderEndpoint!,
      status: "PENDING",
      ...(VpcConfiguration && prepared(scope, VpcConfiguration, "PENDING")),
      tags: tagsOf(Tags),
    });
    return { HostArn: hostArn(scope, host.id)!, ...(Tags.length > 0 && { Tags }) };
  },
);

export const getHost = underBothNames(GetHost$, former.GetHost$, (scope, { HostArn }) => {
  const { name, status, providerType, providerEndpoint, vpc } = requireHost(scope, HostArn!);
  return {
    Name: name,
    Status: status,
    ProviderType: providerType,
    ProviderEndpoint: providerEndpoint,
    ...(vpc && { VpcConfiguration: { ...vpc } }),
  };
});

export const listHosts = underBothNames(ListHosts$, former.ListHosts$, (scope, { MaxResults = PAGE_SIZE, NextToken }) => {
  const { items, nextToken } = page(
    hosts.list(scope),
    ({ id }) => id,
    MaxResults || PAGE_SIZE,
    NextToken,
    () => fault(InvalidInputException, "The NextToken is not valid."),
  );
  return {
    Hosts: items.map(({ id, name, status, statusMessage, providerType, providerEndpoint, vpc }) => ({
      Name: name,
      HostArn: hostArn(scope, id)!,
      ProviderType: providerType,
      ProviderEndpoint: providerEndpoint,
      ...(vpc && { VpcConfiguration: { ...vpc } }),
      Status: status,
      ...(statusMessage !== undefined && { StatusMessage: statusMessage }),
    })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

export const updateHost = underBothNames(UpdateHost$, former.UpdateHost$, (scope, { HostArn, ProviderEndpoint, VpcConfiguration }) => {
  const host = requireHost(scope, HostArn!);
  hosts.patch(scope, host.id, {
    ...(ProviderEndpoint !== undefined && { providerEndpoint: ProviderEndpoint }),
    ...(VpcConfiguration && prepared(scope, VpcConfiguration, host.status === "AVAILABLE" ? "AVAILABLE" : "PENDING")),
  });
  return {};
});

export const deleteHost = underBothNames(DeleteHost$, former.DeleteHost$, (scope, { HostArn }) => {
  const { id } = requireHost(scope, HostArn!);
  if (connections.by(scope, "host", id).length > 0)
    fault(ResourceUnavailableException, `Host ${HostArn} has connections. Delete all connections that use the host first.`);
  hosts.remove(scope, id);
  return {};
});

/** What a VPC configuration makes of a host: nothing is set up for it here, so that it is ready or wrong at once. */
function prepared(scope: Scope, vpc: VpcConfiguration, status: "PENDING" | "AVAILABLE"): Pick<Host, "vpc" | "status" | "statusMessage"> {
  const statusMessage = vpcProblem(scope, vpc);
  return { vpc, status: statusMessage === undefined ? status : "VPC_CONFIG_FAILED_INITIALIZATION", statusMessage };
}

/** Set a host up, which on AWS a person does in the console. */
export const completeHost = (scope: Scope, { id, status }: Host): Host =>
  hosts.patch(scope, id, status === "PENDING" ? { status: "AVAILABLE" } : {});

export function requireHost(scope: Scope, arn: string): Host {
  const what = named(arn);
  const host = what?.kind === "host" ? hosts.get(scope, what.id) : undefined;
  return host ?? fault(ResourceNotFoundException, `Host not found: ${arn}`);
}

/** The ARN of a host, under the name that it was made by. */
export function hostArn(scope: Scope, id: string): string | undefined {
  const host = hosts.get(scope, id);
  return host && scope.arn(host.prefix, `host/${id}`);
}
