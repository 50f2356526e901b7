import type { Context } from "./context.ts";
import { asSection } from "./draft.ts";
import type { Invalid } from "./invalid.ts";

/** Connectors that stand in the resource that they start from become resources of their own. */
export function embeddedConnectors(context: Context): Invalid[] {
  for (const resource of Object.values(asSection(context.declared["Resources"]))) delete asSection(resource)["Connectors"];
  return [];
}
