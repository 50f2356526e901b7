import { fault } from "../../kernel/fault.ts";

/** How a target says what it wants to be given: at most one of the three. */
export interface TargetInput {
  readonly Id?: string | undefined;
  readonly Input?: string | undefined;
  readonly InputPath?: string | undefined;
  readonly InputTransformer?:
    | { readonly InputPathsMap?: Readonly<Record<string, string>> | undefined; readonly InputTemplate?: string | undefined }
    | undefined;
}

/** An event on its way to a target, and the rule that it met. */
export interface MatchedEvent {
  /** As EventBridge delivers it, with version, id, detail-type and the rest. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly ruleArn: string;
  readonly ruleName: string;
  /** When EventBridge took it in, such as 2026-01-02T03:04:05Z. */
  readonly ingestionTime: string;
}

const RESERVED = /^aws\.events\.(event|event\.json|rule-arn|rule-name|event\.ingestion-time)$/;
const PLACEHOLDER = /<([\w.-]+)>/g;

const refuse = (message: string): never => fault("ValidationException", message);

/** That a target's input can be made of any event. */
export function checkTargetInput({ Id: id, Input, InputPath, InputTransformer }: TargetInput): void {
  const given = [Input, InputPath, InputTransformer].filter((one) => one !== undefined);
  if (given.length > 1) refuse(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (Input !== undefined && !isJson(Input)) refuse(`JSON syntax error in input for target ${id}.`);
  if (InputPath !== undefined && parsePath(InputPath) === undefined) refuse(`Invalid InputPath for target ${id}.`);
  if (InputTransformer === undefined) return;
  const paths = InputTransformer.InputPathsMap ?? {};
  for (const [name, path] of Object.entries(paths)) {
    if (name.startsWith("AWS.") || RESERVED.test(name)) refuse(`InputPathsMap for target ${id} contains reserved key ${name}.`);
    if (parsePath(path) === undefined) refuse(`Invalid InputPath for target ${id}.`);
  }
  const names = [...(InputTransformer.InputTemplate ?? "").matchAll(PLACEHOLDER)].map(([, name]) => name!);
  const unknown = names.find((name) => !Object.hasOwn(paths, name) && !RESERVED.test(name));
  if (unknown !== undefined) refuse(`InputTemplate for target ${id} contains invalid placeholder ${unknown}.`);
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * What a target is given of an event: the event itself, a constant, a part, or what its template makes of parts. Undefined where
 * the template makes something that is not JSON: EventBridge does not deliver that.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function targetInput({ Input, InputPath, InputTransformer }: TargetInput, matched: MatchedEvent): string | undefined {
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) return JSON.stringify(find(matched.event, InputPath)) ?? "";
  if (InputTransformer === undefined) return JSON.stringify(matched.event);
  return transform(InputTransformer.InputTemplate ?? "", InputTransformer.InputPathsMap ?? {}, matched);
}

function transform(template: string, paths: Readonly<Record<string, string>>, matched: MatchedEvent): string | undefined {
  const resolve = (name: string): unknown => (RESERVED.test(name) ? reserved(name, matched) : find(matched.event, paths[name] ?? ""));
  const isObjectTemplate = /^\s*[{[]/.test(template);
  let quoted = false;
  let at = 0;
  let made = "";
  for (const placeholder of template.matchAll(PLACEHOLDER)) {
    const before = template.slice(at, placeholder.index);
    quoted = endsQuoted(before, quoted);
    const value = resolve(placeholder[1]!);
    made += before + (quoted ? insideText(value, isObjectTemplate) : bare(value));
    at = placeholder.index + placeholder[0].length;
  }
  made += template.slice(at);
  return made.split("\n").every(isJson) || isJson(made) ? made : undefined;
}

/** Whether a text leaves a string open, given whether it began in one. */
function endsQuoted(text: string, quoted: boolean): boolean {
  let open = quoted;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === '"') open = !open;
  }
  return open;
}

/** A value that stands alone in a template is JSON; one that is not in the event is the empty text. */
const bare = (value: unknown): string => JSON.stringify(value ?? (value === null ? null : ""));

/** In a string of a template, text goes in as it is. Of objects and lists EventBridge leaves the quotes out, unless the template is an object. */
function insideText(value: unknown, isObjectTemplate: boolean): string {
  if (value === undefined) return "";
  if (typeof value === "string") return JSON.stringify(value).slice(1, -1);
  const written = JSON.stringify(value);
  // {"list": "<aList>"} makes {"list": "["a"]"}, which is not JSON and is not delivered: so it is on AWS.
  return isObjectTemplate ? written : written.replaceAll('"', "");
}

function reserved(name: string, { event, ruleArn, ruleName, ingestionTime }: MatchedEvent): unknown {
  switch (name) {
    case "aws.events.rule-arn":
      return ruleArn;
    case "aws.events.rule-name":
      return ruleName;
    case "aws.events.event.ingestion-time":
      return ingestionTime;
    case "aws.events.event.json":
      return event;
    default: {
      // The event without its detail, and with its type under another name: so AWS makes it.
      const { detail: _, "detail-type": detailType, ...rest } = event;
      return { ...rest, detailType };
    }
  }
}

/** The part of an event at a path such as $.detail.items[0].name; undefined where there is none. */
function find(event: unknown, path: string): unknown {
  let found = event;
  for (const step of parsePath(path) ?? [Symbol()]) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string | symbol, unknown>)[step];
  }
  return found;
}

/** The steps of a path in the part of JSONPath that EventBridge takes: dots, ['names'], [indexes]; undefined for anything else. */
function parsePath(path: string): string[] | undefined {
  if (!/^\$(\.[\w-]+|\['[^']+'\]|\["[^"]+"\]|\[\d+\])*$/.test(path)) return undefined;
  return [...path.matchAll(/\.([\w-]+)|\['([^']+)'\]|\["([^"]+)"\]|\[(\d+)\]/g)].map(
    ([, name, single, double, index]) => (name ?? single ?? double ?? index)!,
  );
}
