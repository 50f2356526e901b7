import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { builtInTransforms, NOT_IMPLEMENTED, type TransformSurroundings } from "./built-in-transform.ts";
import { evaluate } from "./evaluate.ts";
import { callMacro, type MacroCall } from "./macro.ts";
import { resolveText } from "./template-url.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** One transform that a template asks for, with the parameters as the template writes them. */
export interface TransformUse {
  readonly name: string;
  readonly parameters: JsonObject;
}

/** What there is to process, and what may be known of the stack. */
export interface ProcessingRequest {
  /** Of the operation or the change set: what is asked of macros derives its ids from it. */
  readonly token: string;
  readonly stackId: string;
  readonly body: JsonObject;
  /** What Ref gives of the parameters and the pseudo parameters. */
  readonly refs: Readonly<Record<string, Json>>;
  readonly startedAt: number;
}

export type Processed =
  | { readonly state: "done"; readonly body: JsonObject }
  | { readonly state: "busy"; readonly because: string }
  | { readonly state: "failed"; readonly reason: string };

type Outcome = { readonly state: "done"; readonly value: Json } | Exclude<Processed, { state: "done" }>;

/** How long a processed template may be, as JSON. */
const PROCESSED_MAX = 1_000_000;

/**
 * Carry out the transforms of a template: from the most deeply nested Fn::Transform outward, then the section Transform as it
 * is listed. Called again until it is done, it starts from the template each time: what macros answered is remembered.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-overview.html
 */
export function processTemplate(scope: Scope, request: ProcessingRequest): Processed {
  let body: Json = request.body;
  let nth = 0;
  for (const { path, uses } of nestedUses(request.body)) {
    const { "Fn::Transform": _, ...siblings } = at(body, path) as JsonObject;
    let value: Json = siblings;
    for (const use of uses) {
      const outcome = transformOnce(scope, request, { use, fragment: value, nth: nth++, embedded: true });
      if (outcome.state !== "done") return outcome;
      value = outcome.value;
    }
    body = replaced(body, path, value);
  }
  for (const use of sectionUses(request.body)) {
    if (!isObject(body)) return UNSUPPORTED;
    const { Transform: _, ...fragment }: JsonObject = body;
    const outcome = transformOnce(scope, request, { use, fragment, nth: nth++, embedded: false });
    if (outcome.state !== "done") return outcome;
    body = outcome.value;
  }
  if (!isObject(body)) return UNSUPPORTED;
  const { Transform: _, ...processed }: JsonObject = body;
  // What macros and snippets bring is not processed again.
  const left = nestedUses(processed)[0]?.uses[0];
  if (left !== undefined)
    return { state: "failed", reason: `Transform ${left.name} cannot be used within the result of another transform.` };
  if (Buffer.byteLength(JSON.stringify(processed)) > PROCESSED_MAX)
    return { state: "failed", reason: `Template may not exceed ${PROCESSED_MAX} bytes in size.` };
  return { state: "done", body: processed };
}

const UNSUPPORTED: Processed = { state: "failed", reason: "Template format error: unsupported structure." };

/**
 * The transforms that a template asks for, those of its section first. Refuses what is not of the form, and what Slipway does
 * not implement.
 */
export function transformsOf(body: JsonObject): readonly string[] {
  const uses = [...sectionUses(body), ...nestedUses(body).flatMap((nested) => nested.uses)];
  const names = [...new Set(uses.map(({ name }) => name))];
  const missing = names.find((name) => NOT_IMPLEMENTED.has(name));
  if (missing !== undefined) fault("NotImplemented", `The transform ${missing} is not implemented by Slipway`, 501);
  return names;
}

const sectionUses = (body: JsonObject): TransformUse[] => (body["Transform"] === undefined ? [] : usesOf(body["Transform"]));

/** A transform by its name, an object with its name and its parameters, or a list of those. */
function usesOf(written: Json): TransformUse[] {
  return [written].flat().map((one) => {
    if (typeof one === "string") return { name: one, parameters: {} };
    const { Name: name, Parameters: parameters = {} } = isObject(one) ? one : {};
    if (typeof name !== "string") return fault("ValidationError", "Key Name of transform definition must be a string.");
    if (!isObject(parameters)) return fault("ValidationError", "Key Parameters of transform definition must be a map.");
    return { name, parameters };
  });
}

interface NestedUse {
  readonly path: readonly string[];
  readonly uses: readonly TransformUse[];
}

/** Where Fn::Transform stands, the deepest first. */
function nestedUses(value: Json, path: readonly string[] = []): NestedUse[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([name, member]) =>
    name === "Fn::Transform" ? [] : nestedUses(member as Json, [...path, name]),
  );
  const own = isObject(value) ? value["Fn::Transform"] : undefined;
  return own === undefined ? inner : [...inner, { path, uses: usesOf(own) }];
}

const at = (value: Json, path: readonly string[]): Json => path.reduce((found, name) => (found as JsonObject)[name]!, value);

function replaced(value: Json, path: readonly string[], by: Json): Json {
  const [name, ...rest] = path;
  if (name === undefined) return by;
  const member = replaced((value as JsonObject)[name]!, rest, by);
  if (isList(value)) return value.map((item, index) => (index === Number(name) ? member : item));
  return { ...(value as JsonObject), [name]: member };
}

interface Application {
  readonly use: TransformUse;
  readonly fragment: Json;
  /** How many came before: each of a run has its own number. */
  readonly nth: number;
  readonly embedded: boolean;
}

function transformOnce(scope: Scope, request: ProcessingRequest, { use, fragment, nth, embedded }: Application): Outcome {
  const parameters = parametersOf(use, request);
  if (typeof parameters === "string") return { state: "failed", reason: parameters };
  const builtIn = builtInTransforms[use.name];
  if (builtIn === undefined) {
    const call: MacroCall = {
      id: `cloudformation/transform/${request.token}/${nth}`,
      name: use.name,
      fragment,
      parameters,
      templateParameters: templateParameters(request),
      stackId: request.stackId,
    };
    return callMacro(scope, call);
  }
  const failed = (message: string): Outcome => ({ state: "failed", reason: `Transform ${use.name} failed with: ${message}` });
  if (embedded && !builtIn.embeddable) return failed("It can only be declared in the Transform section of a template.");
  if (!isObject(fragment)) return UNSUPPORTED as Outcome;
  // What the store can not say yet ends the run for now.
  const busy: string[] = [];
  const surroundings: TransformSurroundings = {
    parameters: request.refs,
    region: scope.region,
    now: Math.floor(request.startedAt / 1000),
    textAt(url) {
      const found = resolveText(scope, url);
      if (found.state === "busy") busy.push(found.because);
      return found.state === "busy" ? { state: "absent", reason: found.because } : found;
    },
  };
  try {
    return { state: "done", value: builtIn.apply(fragment, parameters, surroundings) };
  } catch (error) {
    if (!(error instanceof builtIn.refusal)) throw error;
    return busy.length > 0 ? { state: "busy", because: busy[0]! } : failed(error.message);
  }
}

const templateParameters = ({ body, refs }: ProcessingRequest): JsonObject => {
  const declared = isObject(body["Parameters"]) ? Object.keys(body["Parameters"]) : [];
  return Object.fromEntries(declared.filter((name) => Object.hasOwn(refs, name)).map((name) => [name, refs[name]!]));
};

/** The parameters of a use, with the functions in them evaluated; or why they can not be. */
function parametersOf({ name, parameters }: TransformUse, { body, refs }: ProcessingRequest): JsonObject | string {
  const Mappings = (isObject(body["Mappings"]) ? body["Mappings"] : {}) as Record<string, Record<string, JsonObject>>;
  const context = {
    template: { Mappings, Transform: [] },
    parameters: refs,
    conditions: {},
    resource: () => undefined,
    importValue: () => undefined,
    availabilityZones: () => [],
  };
  const values: Record<string, Json> = {};
  for (const [key, written] of Object.entries(parameters)) {
    const evaluated = evaluate(context, written);
    if (evaluated.state !== "value" || !isPlain(evaluated.value))
      return `The value of parameter ${key} under transform ${name} must resolve to a string, number, boolean or a list of any of these.`;
    values[key] = evaluated.value!;
  }
  return values;
}

const isPlain = (value: Json | undefined): boolean =>
  ["string", "number", "boolean"].includes(typeof value) || (isList(value) && value.every((item) => !isList(item) && isPlain(item)));
