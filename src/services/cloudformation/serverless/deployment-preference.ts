import type { Context } from "./context.ts";
import type { Invalid } from "./invalid.ts";

/** The CodeDeploy application, its role and the groups of all functions that are shifted; once, when all functions are known. */
export function addDeploymentGroups(_context: Context): Invalid[] {
  return [];
}
