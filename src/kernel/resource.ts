import { isFault } from "./fault.ts";
import { sameJson } from "./json.ts";
import type { Scope } from "./scope.ts";

/**
 * How one type of resource is kept as declared. Each verb looks first, then does only what is missing, so that it can be
 * called again at any time: `busy` means "call me again when something that I read has changed, or at the instant".
 */
export interface ResourceType<P = any> {
  /** Such as AWS::S3::Bucket. */
  readonly type: string;
  /** Make the resource be as declared: create where `id` is undefined, else update in place. */
  ensure(scope: Scope, declared: P, id: string | undefined, request: ResourceRequest<P>): Progress;
  /** The live properties as the type's schema names them; undefined where there is no such resource. */
  read(scope: Scope, id: string): P | undefined;
  /** Make the resource not be. A resource that is not there is removed. */
  remove(scope: Scope, id: string, request: ResourceRequest<P>): Progress;
  /** What Fn::GetAtt gives; by default the live properties. */
  attributes?(scope: Scope, id: string): Readonly<Record<string, unknown>>;
  /** What Ref gives, where it is not the physical id. */
  ref?(scope: Scope, id: string): string;
  /**
   * Every resource of the type in the scope's partition, by its primary identifier: the values of the properties that the
   * schema names, joined by "|". `ensure`, `read` and `remove` take this as well as the physical id, where the two differ.
   */
  list?(scope: Scope): readonly string[];
  /**
   * Look at what is there anew, where looking takes a hand: `read` and `list` then answer what was found. Asked before something
   * depends on how a resource is outside (drift, import, Cloud Control); of one resource, or without an id of all. The token says
   * which look it is: asking again with it looks no second time. A resource that is not there is no failure.
   */
  observe?(scope: Scope, token: string, id?: string): Progress;
  /** The properties that are refused by name, because nothing here does what they ask for. */
  readonly absent?: Absences;
  /**
   * What a change of these properties does, where the slice of the resource specification does not say: those named here
   * need a replacement.
   */
  readonly replaceOn?: readonly string[];
}

/**
 * By path, such as Triggers or Environment/Fleet, the values that ask for nothing and are taken: [false] where only true asks
 * for something. A path leads into each item of a list. What is empty asks for nothing anyway.
 */
export type Absences = Readonly<Record<string, readonly unknown[]>>;

/** What an engine knows of the resource that it wants. */
export interface ResourceRequest<P = any> {
  /** A token that stays the same for one create, update or delete of one resource: ids derive from it. */
  readonly token: string;
  /** A name to use where none was declared: stack-logicalId-SUFFIX, not yet shortened to the type's limit. */
  readonly generatedName: string;
  readonly logicalId: string;
  readonly stackId: string;
  /** The stack's tags, to be put on resources that can be tagged. */
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** As declared before this update. */
  readonly previous?: P;
  /** The role that the engine was given, if any. */
  readonly roleArn?: string;
  /** The declared UpdatePolicy and CreationPolicy attributes, evaluated. */
  readonly updatePolicy?: Readonly<Record<string, any>>;
}

/** Where it failed, `code` is the name of the service's fault behind it, as far as there is one. */
export type Progress =
  | { readonly state: "done"; readonly id: string }
  | { readonly state: "busy"; readonly id?: string; readonly because: string; readonly wakeAt?: number }
  | { readonly state: "failed"; readonly id?: string; readonly reason: string; readonly code?: string };

/** A type that refuses what it does not implement before anything is done. */
export function refusingAbsent(type: ResourceType): ResourceType {
  const { absent } = type;
  if (absent === undefined) return type;
  return {
    ...type,
    ensure(scope, declared, id, request) {
      const path = Object.keys(absent).find((one) => asks(declared, one.split("/"), absent[one]!));
      if (path === undefined) return type.ensure(scope, declared, id, request);
      return { state: "failed", reason: `Slipway does not implement ${path.replaceAll("/", ".")} of ${type.type}`, ...(id && { id }) };
    },
  };
}

function asks(value: unknown, path: readonly string[], harmless: readonly unknown[]): boolean {
  if (Array.isArray(value) && path.length > 0) return value.some((item) => asks(item, path, harmless));
  const [name, ...rest] = path;
  if (name !== undefined) return typeof value === "object" && value !== null && asks((value as any)[name], rest, harmless);
  if (value === undefined || harmless.some((one) => sameJson(one, value) || String(one) === String(value))) return false;
  return typeof value !== "object" || value === null || Object.values(value).some((part) => asks(part, [], []));
}

/** A create takes over nothing that is there already: whoever made it would lose it with this one. In the words of AWS's resource handlers. */
export const alreadyExists = (type: string, name: string): Progress => ({
  state: "failed",
  reason: `Resource of type '${type}' with identifier '${name}' already exists.`,
});

/** Make a resource: what `work` answers, an id or more. A fault is a failure with AWS's words, and leaves nothing behind. */
export function attempt(scope: Scope, work: () => string | Progress, id?: string): Progress {
  try {
    const made = scope.attempt(work);
    return typeof made === "string" ? { state: "done", id: made } : made;
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", code: error.name, reason: error.message, ...(id !== undefined && { id }) };
  }
}

/**
 * A generated name within a limit: of a long one, the names of the stack and of the resource are cut, each to what the other
 * leaves, and the suffix stays.
 */
export function nameWithin(max: number, generatedName: string, logicalId: string): string {
  if (generatedName.length <= max) return generatedName;
  const suffix = generatedName.slice(generatedName.lastIndexOf("-"));
  const stack = generatedName.slice(0, -suffix.length - logicalId.length - 1);
  const room = max - suffix.length - 1;
  const own = logicalId.slice(0, Math.max(room - stack.length, Math.ceil(room / 2)));
  return `${stack.slice(0, room - own.length)}-${own}${suffix}`;
}
