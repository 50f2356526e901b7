import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteLayerVersion$,
  GetLayerVersion$,
  GetLayerVersionByArn$,
  type GetLayerVersionResponse,
  ListLayers$,
  ListLayerVersions$,
  PublishLayerVersion$,
  type PublishLayerVersionRequest,
} from "../../sdk/lambda.js";
import { type Code, locationOf, sha256Of, takeCode } from "./code.ts";
import type { LayerStatement } from "./layer-permission.ts";
import { invalid, invalidMarker, notFound } from "./refusal.ts";

/** One version of a layer, by name and number: `tools:3`. Versions never change. */
export interface LayerVersion extends Row {
  readonly layer: string;
  readonly version: number;
  readonly code: Code;
  readonly description: string;
  readonly runtimes: NonNullable<PublishLayerVersionRequest["CompatibleRuntimes"]>;
  readonly architectures: NonNullable<PublishLayerVersionRequest["CompatibleArchitectures"]>;
  readonly license?: string;
  readonly createdAt: number;
  /** Who may use it, where anybody else may. */
  readonly statements?: readonly LayerStatement[];
  readonly policyRevisionId?: string;
}

export const layerVersions = new Table<LayerVersion>("lambda/layer-version");

/** The number of a layer's last version; numbers are never used again. */
const layers = new Table<Row & { readonly last: number }>("lambda/layer");

export const layerTables = [layerVersions, layers];

export const publishLayerVersion = operation(PublishLayerVersion$, (scope, input) => {
  const version = publishLayer(
    scope,
    { ...input, LayerName: layerNameOf(input.LayerName!) },
    takeCode(scope, input.Content!, "PublishLayerVersion"),
  );
  return shown(scope, version);
});

export const getLayerVersion = operation(GetLayerVersion$, (scope, { LayerName, VersionNumber }) =>
  shown(
    scope,
    layerVersions.get(scope, `${layerNameOf(LayerName!)}:${VersionNumber}`) ?? notFound("The resource you requested does not exist."),
  ),
);

export const getLayerVersionByArn = operation(GetLayerVersionByArn$, (scope, { Arn }) => {
  const home = scope.at(Arn!);
  return shown(home, find(home, Arn!) ?? notFound("The resource you requested does not exist."));
});

export const deleteLayerVersion = operation(DeleteLayerVersion$, (scope, { LayerName, VersionNumber }) => {
  layerVersions.remove(scope, `${layerNameOf(LayerName!)}:${VersionNumber}`);
  return {};
});

export const listLayerVersions = operation(ListLayerVersions$, (scope, { LayerName, CompatibleRuntime, Marker, MaxItems = 50 }) => {
  const newestFirst = layerVersions.list(scope, `${layerNameOf(LayerName!)}:`).sort((one, other) => other.version - one.version);
  const found = newestFirst.filter(({ runtimes }) => CompatibleRuntime === undefined || runtimes.includes(CompatibleRuntime));
  const { items, nextToken } = page(found, ({ version }) => descending(version), MaxItems, Marker, invalidMarker);
  return { LayerVersions: items.map((version) => listed(scope, version)), ...(nextToken && { NextMarker: nextToken }) };
});

export const listLayers = operation(ListLayers$, (scope, { CompatibleRuntime, Marker, MaxItems = 50 }) => {
  const newest = new Map<string, LayerVersion>();
  for (const version of layerVersions.list(scope)) {
    if (CompatibleRuntime !== undefined && !version.runtimes.includes(CompatibleRuntime)) continue;
    if (version.version > (newest.get(version.layer)?.version ?? 0)) newest.set(version.layer, version);
  }
  const sorted = [...newest.values()].sort((one, other) => (one.layer < other.layer ? -1 : 1));
  const { items, nextToken } = page(sorted, ({ layer }) => layer, MaxItems, Marker, invalidMarker);
  const Layers = items.map((version) => ({
    LayerName: version.layer,
    LayerArn: layerArn(scope, version.layer),
    LatestMatchingVersion: listed(scope, version),
  }));
  return { Layers, ...(nextToken && { NextMarker: nextToken }) };
});

/** Add a version to a layer, which comes to be with its first one. */
export function publishLayer(scope: Scope, said: Omit<PublishLayerVersionRequest, "Content">, code: Code): LayerVersion {
  const layer = said.LayerName!;
  const version = (layers.get(scope, layer)?.last ?? 0) + 1;
  layers.put(scope, { id: layer, last: version });
  return layerVersions.put(scope, {
    id: `${layer}:${version}`,
    layer,
    version,
    code,
    description: said.Description ?? "",
    runtimes: said.CompatibleRuntimes ?? [],
    architectures: said.CompatibleArchitectures ?? [],
    ...(said.LicenseInfo !== undefined && { license: said.LicenseInfo }),
    createdAt: scope.clock.now(),
  });
}

/** A layer version that a function uses; it goes on using it when the version is deleted. */
export interface UsedLayer {
  readonly arn: string;
  readonly code: Code;
}

/** The layer versions that a function names. */
export const usedLayers = (scope: Scope, arns: readonly string[]): UsedLayer[] =>
  arns.map((arn) => ({ arn, code: (find(scope.at(arn), arn) ?? invalid(`Layer version ${arn} does not exist.`)).code }));

export const layerVersionArn = (scope: Scope, { layer, version }: LayerVersion): string => `${layerArn(scope, layer)}:${version}`;

const layerArn = (scope: Scope, layer: string): string => scope.arn("lambda", `layer:${layer}`);

/** Of a name or an ARN. */
export const layerNameOf = (text: string): string => (text.startsWith("arn:") ? text.split(":")[6]! : text);

const find = (scope: Scope, arn: string): LayerVersion | undefined => layerVersions.get(scope, arn.split(":").slice(6).join(":"));

/** A text that sorts as the numbers do, the highest first. */
const descending = (version: number): string => String(1e9 - version);

function listed(scope: Scope, version: LayerVersion) {
  return {
    LayerVersionArn: layerVersionArn(scope, version),
    Version: version.version,
    Description: version.description,
    CreatedDate: new Date(version.createdAt).toISOString().replace("Z", "+0000"),
    CompatibleRuntimes: [...version.runtimes],
    CompatibleArchitectures: [...version.architectures],
    ...(version.license !== undefined && { LicenseInfo: version.license }),
  };
}

const shown = (scope: Scope, version: LayerVersion): GetLayerVersionResponse => ({
  ...listed(scope, version),
  LayerArn: layerArn(scope, version.layer),
  Content: { Location: locationOf(scope, version.code), CodeSha256: sha256Of(version.code), CodeSize: version.code.size },
});
