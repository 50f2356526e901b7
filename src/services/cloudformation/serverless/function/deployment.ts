import type { Context } from "../context.ts";
import type { Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

export function shiftTraffic(_declared: Declared, _alias: Resource | undefined, _context: Context): void {}
