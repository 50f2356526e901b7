import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DescribeResourceScan$,
  ListResourceScanRelatedResources$,
  ListResourceScanResources$,
  ListResourceScans$,
  ResourceScanInProgressException,
  ResourceScanNotFoundException,
  type ResourceScanStatus,
  type ScannedResource as ShownResource,
  StartResourceScan$,
} from "../../sdk/cloudformation.js";
import { identifierNames, liveModel } from "./live-model.ts";
import { type Named, names } from "./resource-reference.ts";
import { resourceType } from "./target.ts";
import { privateTypeNames } from "./type.ts";

/** A search for all resources there are. */
export interface ResourceScan extends Row {
  readonly status: ResourceScanStatus;
  readonly token?: string;
  readonly filter?: readonly string[];
  /** What it looks for, and how far it has come. */
  readonly types: readonly string[];
  readonly done: number;
  readonly found: number;
  readonly startedAt: number;
  readonly endedAt?: number;
}

export const resourceScans = new Table<ResourceScan>("cloudformation/resource-scan");

/** Something that a scan found; its id is the scan's, a slash, the type, a space, and its identifier. */
export interface ScannedResource extends Row {
  readonly type: string;
  readonly identifier: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly managed: boolean;
}

export const scannedResources = new Table<ScannedResource>("cloudformation/scanned-resource", { stored: true });

const IN_PROGRESS = "A resource scan is currently in progress. Only one can be run at a time for an account in a Region.";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/iac-generator-start-resource-scan.html */
export const startResourceScan = operation(StartResourceScan$, (scope, { ClientRequestToken, ScanFilters }) => {
  const known = resourceScans.list(scope);
  const same = ClientRequestToken === undefined ? undefined : known.find(({ token }) => token === ClientRequestToken);
  if (same !== undefined) return { ResourceScanId: scanArn(scope, same) };
  if (known.some(({ status }) => status === "IN_PROGRESS")) fault(ResourceScanInProgressException, IN_PROGRESS);
  const filter = ScanFilters?.flatMap(({ Types = [] }) => Types);
  const types = scannable(scope).filter((type) => filter === undefined || filter.some((pattern) => fits(pattern, type)));
  if (types.length === 0 && filter !== undefined)
    fault("ValidationError", `No resource types match the scan filters [${filter.join(", ")}]`);
  const scan = resourceScans.put(scope, {
    id: scope.id.uuid(),
    status: "IN_PROGRESS",
    ...(ClientRequestToken !== undefined && { token: ClientRequestToken }),
    ...(filter && { filter }),
    types,
    done: 0,
    found: 0,
    startedAt: scope.clock.now(),
  });
  return { ResourceScanId: scanArn(scope, scan) };
});

/** The types whose resources can be listed, read and identified. */
const scannable = (scope: Scope): string[] =>
  [...scope.registry.resourceTypes, ...privateTypeNames(scope)].filter(
    (type) =>
      !/^AWS::(CloudFormation|CDK)::/.test(type) &&
      identifierNames(scope, type).length > 0 &&
      resourceType(scope, type)?.list !== undefined,
  );

/** AWS::S3::* is every type of a service. */
const fits = (pattern: string, type: string): boolean => (pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern);

const scanArn = (scope: Scope, { id }: ResourceScan): string => scope.arn("cloudformation", `resourceScan/${id}`);

function requireScan(scope: Scope, arn: string | undefined): ResourceScan {
  const id = /:resourceScan\/(.+)$/.exec(arn ?? "")?.[1];
  return (
    (id === undefined ? undefined : resourceScans.get(scope, id)) ??
    fault(ResourceScanNotFoundException, `Resource scan ${arn} was not found.`)
  );
}

const summaryOf = (scope: Scope, scan: ResourceScan) => ({
  ResourceScanId: scanArn(scope, scan),
  Status: scan.status,
  StartTime: new Date(scan.startedAt),
  ...(scan.endedAt !== undefined && { EndTime: new Date(scan.endedAt) }),
  PercentageCompleted: scan.types.length === 0 ? 100 : Math.floor((100 * scan.done) / scan.types.length),
});

export const describeResourceScan = operation(DescribeResourceScan$, (scope, { ResourceScanId }) => {
  const scan = requireScan(scope, ResourceScanId);
  return {
    ...summaryOf(scope, scan),
    ...(scan.status === "COMPLETE" && { ResourceTypes: [...scan.types] }),
    ...(scan.status !== "IN_PROGRESS" && { ResourcesScanned: scan.found, ResourcesRead: scan.found }),
    ...(scan.filter && { ScanFilters: [{ Types: [...scan.filter] }] }),
  };
});

const invalidToken = (): never => fault("ValidationError", "Invalid NextToken");
const orderOf = ({ startedAt, id }: ResourceScan): string => `${String(Number.MAX_SAFE_INTEGER - startedAt).padStart(16, "0")} ${id}`;

export const listResourceScans = operation(ListResourceScans$, (scope, { MaxResults = 10, NextToken, ScanTypeFilter = "FULL" }) => {
  const found = resourceScans
    .list(scope)
    .filter(({ filter }) => (filter === undefined) === (ScanTypeFilter === "FULL"))
    .sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
  const { items, nextToken } = page(found, orderOf, MaxResults, NextToken, invalidToken);
  return {
    ResourceScanSummaries: items.map((scan) => ({ ...summaryOf(scope, scan), ScanType: ScanTypeFilter })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

const LISTED_MAX = 100;

export const listResourceScanResources = operation(
  ListResourceScanResources$,
  (scope, { ResourceScanId, ResourceIdentifier, ResourceTypePrefix = "", TagKey, TagValue, MaxResults = LISTED_MAX, NextToken }) => {
    const found = resultsOf(scope, ResourceScanId).filter(
      ({ type, identifier, tags }) =>
        type.startsWith(ResourceTypePrefix) &&
        (ResourceIdentifier === undefined || identifier === ResourceIdentifier || identifier.split("|").includes(ResourceIdentifier)) &&
        (TagKey === undefined || Object.hasOwn(tags, TagKey)) &&
        (TagValue === undefined || (TagKey === undefined ? Object.values(tags).includes(TagValue) : tags[TagKey] === TagValue)),
    );
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { Resources: items.map((row) => shown(scope, row)), ...(nextToken && { NextToken: nextToken }) };
  },
);

/** What the resources name, and what names them. */
export const listResourceScanRelatedResources = operation(
  ListResourceScanRelatedResources$,
  (scope, { ResourceScanId, Resources = [], MaxResults = LISTED_MAX, NextToken }) => {
    const all = resultsOf(scope, ResourceScanId).flatMap((row) => {
      const type = resourceType(scope, row.type);
      const model = type && liveModel(scope, type, row.identifier);
      return model === undefined ? [] : [{ row, named: { logicalId: "", type: row.type, model } satisfies Named }];
    });
    const asked = Resources.map(({ ResourceType, ResourceIdentifier = {} }) => {
      const identifier = identifierText(scope, ResourceType!, ResourceIdentifier);
      return (
        all.find(({ row }) => row.type === ResourceType && row.identifier === identifier) ??
        fault("ValidationError", `Resource ${ResourceType} ${identifier} was not found in the resource scan.`)
      );
    });
    const related = all.filter(
      (one) => !asked.includes(one) && asked.some((other) => names(scope, one.named, other.named) || names(scope, other.named, one.named)),
    );
    const { items, nextToken } = page(related, ({ row }) => row.id, MaxResults, NextToken, invalidToken);
    return { RelatedResources: items.map(({ row }) => shown(scope, row)), ...(nextToken && { NextToken: nextToken }) };
  },
);

function resultsOf(scope: Scope, arn: string | undefined): ScannedResource[] {
  const scan = requireScan(scope, arn);
  if (scan.status === "IN_PROGRESS") fault(ResourceScanInProgressException, IN_PROGRESS);
  return scannedResources.list(scope, `${scan.id}/`);
}

const shown = (scope: Scope, { type, identifier, managed }: ScannedResource): ShownResource => ({
  ResourceType: type,
  ResourceIdentifier: identifierMap(scope, type, identifier),
  ManagedByStack: managed,
});

/** The values of an identifier by the names of the properties. */
export function identifierMap(scope: Scope, type: string, identifier: string): Record<string, string> {
  const keys = identifierNames(scope, type);
  const values = keys.length === 1 ? [identifier] : identifier.split("|");
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? ""]));
}

export const identifierText = (scope: Scope, type: string, values: Readonly<Record<string, string>>): string =>
  identifierNames(scope, type)
    .map((name) => values[name] ?? "")
    .join("|");
