import { resolve, sep } from "node:path";
import type { Permission } from "./appspec.ts";

/** What of the files and folders that are installed a permission is for. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html */
export function matchesOf(permission: Permission, files: readonly string[], folders: readonly string[]): string[] {
  const { type } = permission;
  const candidates = [...(type.includes("file") ? files : []), ...(type.includes("directory") ? folders : [])];
  const base = resolve(permission.object) + sep;
  return candidates.filter((path) => {
    if (!path.startsWith(base)) return false;
    const name = path.slice(base.length);
    if (permission.pattern !== "**" && !fits(name, permission.pattern)) return false;
    return !permission.except.some((pattern) => fits(name, pattern));
  });
}

/** A star is any number of characters; only what lies in the folder itself can fit. */
function fits(name: string, pattern: string): boolean {
  if (name.includes(sep)) return false;
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}
