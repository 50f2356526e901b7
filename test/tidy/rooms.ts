import type { Import, Source } from "./source.ts";

/** A room, and what of ours and of npm's a file in it may import. Node's own modules are said where not all of them may be. */
export interface Room {
  readonly at: RegExp;
  readonly ours: readonly RegExp[];
  readonly npm?: readonly RegExp[];
  readonly node?: readonly string[];
}

const KERNEL = /^src\/kernel\//;
const SDK = /^src\/sdk\//;
const API = /^src\/services\/[^/]+\/api\.ts$/;
const COMPUTE = /^src\/compute\//;
/** The rows by which hands are asked for; the rest of compute is the hands themselves. */
const COMPUTE_ROWS = /^src\/compute\/(job|listener|traffic)\.ts$/;

/** The rooms of ARCHITECTURE.md; the first that fits a path is its room. */
export const rooms: readonly Room[] = [
  { at: /^src\/kernel\//, ours: [KERNEL], npm: [] },
  { at: /^src\/wire\//, ours: [KERNEL, SDK, /^src\/wire\//], npm: [/^@aws-sdk\/(core|checksums)/, /^@smithy\/core/] },
  { at: /^src\/compute\//, ours: [KERNEL, COMPUTE, /^src\/instance\/door\.ts$/], npm: [/^undici$/, /^yauzl$/, /^yazl$/] },
  { at: /^src\/dataplane\//, ours: [KERNEL, COMPUTE, /^src\/dataplane\//], npm: [/^undici$/] },
  { at: /^src\/services\/index\.ts$/, ours: [KERNEL, /^src\/services\/[^/]+\/index\.ts$/], npm: [], node: [] },
  // What a service may import of other services depends on their order: `mayUseApi`.
  { at: /^src\/services\//, ours: [KERNEL, SDK, COMPUTE_ROWS], npm: [/^yaml$/], node: ["node:buffer", "node:crypto", "node:zlib"] },
  { at: /^src\/instance\//, ours: [/^src\/instance\//], npm: [] },
  { at: /^src\/insights\//, ours: [KERNEL, COMPUTE_ROWS, /^src\/insights\//], npm: [], node: [] },
  { at: /^src\/control\//, ours: [KERNEL, COMPUTE_ROWS, API, /^src\/(control|insights)\//, /^src\/wire\/catalog\.ts$/], npm: [] },
  { at: /^src\/cloud\//, ours: [KERNEL, COMPUTE, API, /^src\/(cloud|dataplane)\//, /^src\/wire\/backend\.ts$/], npm: [] },
  { at: /^src\/cloud\.ts$/, ours: [/^src\/(kernel|wire|compute|dataplane|services|insights|control|cloud)\//], npm: [] },
  // It speaks HTTP; only `start` has the cloud in its own process.
  { at: /^src\/cli\/start\.ts$/, ours: [/^src\/cli\//, /^src\/cloud\.ts$/, /^src\/kernel\/clock\.ts$/], npm: [] },
  { at: /^src\/cli\/demo/, ours: [/^src\/cli\//, /^src\/kernel\/time\.ts$/], npm: [/^@aws-sdk\/client-/] },
  { at: /^src\/cli\//, ours: [/^src\/cli\//, /^src\/kernel\/time\.ts$/], npm: [] },
  { at: /^src\/main\.ts$/, ours: [/^src\/cli\//], npm: [] },
  { at: /^src\/testing\//, ours: [/^src\/(?!cli\/|main\.ts)/], npm: [/./] },
];

/** Imports that a file may have though its room may not, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "src/services/cloudformation/built-in-transform.ts node:module": "loads SAM's translator only for a template that asks for it",
  "src/services/cloudformation/property-validation.ts ajv": "the type only; see the next line",
  "src/services/cloudformation/property-validation.ts node:module": "loads Ajv only when properties are judged",
  "src/services/cloudformation/registry-schema.ts node:module": "loads the registry's schemas, 280 kB, only when one is asked for",
  "src/services/cloudformation/specification.ts node:module": "loads the resource specification, 200 kB, only when a template is read",
  "src/services/codebuild/xml.ts @aws-sdk/xml-builder": "reads the reports of test frameworks",
  "src/services/iam/aws-managed.ts node:module": "loads AWS's own policies, 600 kB, only when one is read or decides",
  "src/services/eventbridge/address.ts node:net": "takes nothing but the arithmetic of addresses: isIP and BlockList",
};

/** What is wrong with the imports of a source, one line each. */
export const strangers = (source: Source, services: readonly string[]): string[] =>
  source.imports.filter((each) => !mayImport(source, each, services)).map(({ target }) => `${source.path} imports ${target}`);

function mayImport(source: Source, { target }: Import, services: readonly string[]): boolean {
  const room = rooms.find(({ at }) => at.test(source.path));
  if (room === undefined) return false;
  if (`${source.path} ${target}` in EXCEPTIONS) return true;
  if (target.startsWith("node:")) return room.node?.includes(target) ?? true;
  if (!target.startsWith("src/")) return (room.npm ?? []).some((allowed) => allowed.test(target));
  return (
    !/\.(test|fixture)\.ts$/.test(target) && (room.ours.some((allowed) => allowed.test(target)) || mayUseApi(source.path, target, services))
  );
}

/** Whether one file of a service may use another: of its own service, or the api.ts of a service above it in the list. */
function mayUseApi(path: string, target: string, services: readonly string[]): boolean {
  const own = serviceOf(path);
  const other = serviceOf(target);
  if (own === undefined || other === undefined) return false;
  if (own === other) return true;
  // It learns what there is from the list of the services, never by name.
  if (own === "cloudformation") return false;
  return API.test(target) && services.indexOf(other) >= 0 && services.indexOf(other) < services.indexOf(own);
}

export const serviceOf = (path: string): string | undefined => /^src\/services\/([^/]+)\//.exec(path)?.[1];
