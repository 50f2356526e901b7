import { sdkCatalog } from "../wire/catalog.ts";
import type { Endpoint } from "./endpoint.ts";

/** Per service and operation of AWS's API: real, partial (and what is missing), or not implemented. */
export const coverage: Endpoint = async ({ kernel }) => {
  const catalog = sdkCatalog();
  const result: Record<string, unknown> = {};
  for (const { name, operations } of kernel.registry.services) {
    if (name === "compute") continue;
    const known = new Map(operations.map((operation) => [operation.name, operation]));
    const all: Record<string, string> = {};
    for (const operation of (await catalog.model(name)).operations.keys()) {
      const implemented = known.get(operation);
      all[operation] =
        implemented === undefined ? "not implemented" : implemented.partial === undefined ? "real" : `partial: ${implemented.partial}`;
    }
    result[name] = { implemented: operations.length, of: Object.keys(all).length, operations: all };
  }
  return result;
};
