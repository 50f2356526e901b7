import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { identifierIn, liveModel } from "./live-model.ts";
import { resources } from "./resource.ts";
import { type ResourceScan, resourceScans, scannedResources } from "./resource-scan.ts";
import { resourceType } from "./target.ts";
import { schemaOf } from "./type-knowledge.ts";
import { asText, isList, isObject, type JsonObject } from "./value.ts";

const DAY = 86_400_000;
const EXPIRES_MS = 30 * DAY;
const KEPT_MS = 90 * DAY;
/** How many types a turn looks at. */
const TYPES_MAX = 10;

/** Looks for resources, a few types a turn; what it found is good for thirty days. */
export const resourceScanLoop: Loop<ResourceScan> = {
  table: resourceScans,
  turn(scope, scan) {
    const now = scope.clock.now();
    switch (scan.status) {
      case "IN_PROGRESS":
        return look(scope, scan);
      case "EXPIRED":
        return until(now, scan.startedAt + KEPT_MS, "an expired resource scan is kept for 90 days") ?? resourceScans.remove(scope, scan.id);
      default: {
        const rest = until(now, scan.endedAt! + EXPIRES_MS, "a resource scan expires after 30 days");
        if (rest !== undefined) return rest;
        for (const { id } of scannedResources.list(scope, `${scan.id}/`)) scannedResources.remove(scope, id);
        resourceScans.patch(scope, scan.id, { status: "EXPIRED" });
      }
    }
  },
};

const until = (now: number, wakeAt: number, because: string): Rest | undefined =>
  now < wakeAt ? { wakeAt, kind: "tick", because } : undefined;

function look(scope: Scope, scan: ResourceScan): Rest | void {
  const types = scan.types.slice(scan.done, scan.done + TYPES_MAX);
  for (const name of types) {
    const progress = resourceType(scope, name)?.observe?.(scope, scan.id);
    if (progress?.state !== "busy") continue;
    return { kind: "wait", because: progress.because, ...(progress.wakeAt !== undefined && { wakeAt: progress.wakeAt }) };
  }
  const found = types.reduce((sum, type) => sum + lookFor(scope, scan, type), 0);
  const done = scan.done + types.length;
  resourceScans.patch(scope, scan.id, {
    done,
    found: scan.found + found,
    ...(done === scan.types.length && { status: "COMPLETE", endedAt: scope.clock.now() }),
  });
}

function lookFor(scope: Scope, scan: ResourceScan, name: string): number {
  const type = resourceType(scope, name)!;
  const managed = managedOf(scope, name);
  const identifiers = type.list!(scope);
  for (const identifier of identifiers) {
    const tags = tagsIn(liveModel(scope, type, identifier)?.[schemaOf(scope, name)?.tags ?? "Tags"]);
    scannedResources.put(scope, { id: `${scan.id}/${name} ${identifier}`, type: name, identifier, tags, managed: managed.has(identifier) });
  }
  return identifiers.length;
}

/** The identifiers of the resources of a type that stacks have. */
function managedOf(scope: Scope, name: string): Set<string> {
  const type = resourceType(scope, name)!;
  const made = resources.list(scope).flatMap(({ now }) => (now?.type === name && now.physicalId !== "" ? [now.physicalId] : []));
  return new Set(made.flatMap((id) => [id, identifierIn(scope, name, liveModel(scope, type, id)) ?? id]));
}

function tagsIn(tags: unknown): Record<string, string> {
  const pairs = isList(tags)
    ? tags.filter(isObject).map((tag: JsonObject) => [asText(tag["Key"]), asText(tag["Value"])])
    : Object.entries(isObject(tags) ? tags : {}).map(([key, value]) => [key, asText(value)]);
  return Object.fromEntries(pairs.filter(([key, value]) => key !== undefined && value !== undefined));
}
