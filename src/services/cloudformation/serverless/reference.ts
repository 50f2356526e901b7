import { isAbsent, isList, isSection, isText, type Section, type Value } from "./draft.ts";
import { soleMember } from "./intrinsic.ts";
import { invalidTemplate, refuse } from "./invalid.ts";
import { display } from "./python.ts";

/** What stands for a use of a function; the same value where it stays. */
type Replacement = (functionName: string, use: Section) => Value;

/** Replace uses of functions, outermost first, in the value itself: later passes read it where it is. */
function rewrite(value: Value, replacement: Replacement): Value {
  const name = soleMember(value);
  const replaced = name === undefined ? value : replacement(name, value as Section);
  if (isSection(replaced)) for (const [key, each] of Object.entries(replaced)) replaced[key] = rewrite(each, replacement);
  else if (isList(replaced)) for (const [index, each] of replaced.entries()) replaced[index] = rewrite(each, replacement);
  return replaced;
}

const VARIABLE = /\$\{([A-Za-z0-9.]+|AWS::[A-Z][A-Za-z]*)\}/g;

/** Rewrite the variables of an Fn::Sub, in its text only: the variables of its own map stay as they are. */
function rewriteSub(use: Section, replacement: (whole: string, name: string) => Value): Section {
  const text = use["Fn::Sub"];
  const rewritten = (one: string): string =>
    one.replace(VARIABLE, (whole, name: string) => {
      const value = replacement(whole, name);
      return isText(value)
        ? value
        : refuse(invalidTemplate(`Invalid Fn::Sub variable value ${display(value)}. Fn::Sub expects all variables to be strings.`));
    });
  if (isText(text)) use["Fn::Sub"] = rewritten(text);
  else if (isList(text) && isText(text[0])) text[0] = rewritten(text[0]);
  return use;
}

/** Values that CloudFormation puts in for outputs of nested stacks that do not exist yet: not to be looked at. */
const isPlaceholder = (value: Value): boolean => isText(value) && value.startsWith("{{IntrinsicFunction:");

/** Put the values of parameters, and of pseudo parameters, where they are referred to. */
export function resolveParameters(value: Value, parameters: Section): Value {
  const known = (name: string): boolean => Object.hasOwn(parameters, name) && !isPlaceholder(parameters[name]);
  return rewrite(value, (functionName, use) => {
    if (functionName === "Fn::Sub") return rewriteSub(use, (whole, name) => (known(name) ? parameters[name] : whole));
    const name = use["Ref"];
    return functionName === "Ref" && isText(name) && known(name) ? parameters[name] : use;
  });
}

/** Put what a mapping has where Fn::FindInMap names it by texts. */
export function resolveMappings(value: Value, mappings: Section): Value {
  if (Object.keys(mappings).length === 0) return value;
  return rewrite(value, (functionName, use) => (functionName === "Fn::FindInMap" ? findInMap(use, mappings) : use));
}

function findInMap(use: Section, mappings: Section): Value {
  const path = use["Fn::FindInMap"];
  if (!isList(path) || path.length !== 3) {
    return refuse(invalidTemplate(`Invalid FindInMap value ${display(path)}. FindInMap expects an array with 3 values.`));
  }
  const keys = path.map((key) => (isSection(key) && soleMember(key) === "Fn::FindInMap" ? findInMap(key, mappings) : key));
  let found: Value = mappings;
  for (const key of keys) {
    if (!keys.every(isText) || !isText(key)) return use;
    if (!isSection(found)) {
      return refuse(invalidTemplate(`Cannot use Fn::FindInMap on Mapping '${display(keys[0])}' which is not a a two-level map.`));
    }
    if (!Object.hasOwn(found, key)) return use;
    found = found[key];
  }
  return found;
}

/** References to resources that the transform moved: a function's `.Alias`, or a layer under its hashed id. */
export interface Moved {
  /** The new id of a resource. */
  id(id: string): string | undefined;
  /** The id of the generated resource that a property of a SAM resource stands for. */
  property(id: string, name: string): string | undefined;
}

/** Follow resources that have a new id: Ref, Fn::GetAtt and Fn::Sub, everywhere. */
export const followIds = (template: Value, moved: Moved): Value =>
  rewrite(template, (functionName, use) => {
    if (functionName === "Ref") {
      const id = use["Ref"];
      const its = isText(id) && !id.includes(".") ? moved.id(id) : undefined;
      return its === undefined ? use : { Ref: its };
    }
    if (functionName === "Fn::GetAtt") return rewriteGetAtt(use, ([id, ...rest]) => [moved.id(id!), rest]);
    if (functionName !== "Fn::Sub") return use;
    return rewriteSub(use, (whole, name) => {
      const id = name.split(".")[0]!;
      const its = moved.id(id);
      return its === undefined ? whole : whole.replaceAll(id, its);
    });
  });

/** Follow references to a property of a SAM resource, such as `Function.Alias`. */
export const followProperties = (template: Value, moved: Moved): Value =>
  rewrite(template, (functionName, use) => {
    if (functionName === "Ref") {
      const [, id, name] = /^([^.]+)\.(.+)$/s.exec(isText(use["Ref"]) ? use["Ref"] : "") ?? [];
      const its = id === undefined ? undefined : moved.property(id, name!);
      return its === undefined ? use : { Ref: its };
    }
    if (functionName === "Fn::GetAtt") return rewriteGetAtt(use, ([id, name, ...rest]) => [moved.property(id!, name!), rest]);
    if (functionName !== "Fn::Sub") return use;
    return rewriteSub(use, (whole, path) => {
      const [id, name] = path.split(".");
      const its = name === undefined ? undefined : moved.property(id!, name);
      return its === undefined ? whole : whole.replaceAll(`${id}.${name}`, its);
    });
  });

function rewriteGetAtt(use: Section, follow: (path: string[]) => [string | undefined, string[]]): Section {
  const path = use["Fn::GetAtt"];
  if (!isList(path) || path.length < 2 || !path.every(isText)) return use;
  const [id, rest] = follow(path.join(".").split("."));
  if (!isAbsent(id)) use["Fn::GetAtt"] = [id, ...rest];
  return use;
}

/** Let DependsOn, wherever it stands, name resources by their new ids. */
export function followDependsOn(value: Value, moved: Moved): void {
  if (isList(value)) for (const each of value) followDependsOn(each, moved);
  if (!isSection(value)) return;
  const its = (one: Value): Value => (isText(one) ? (moved.id(one) ?? one) : one);
  const named = value["DependsOn"];
  if (isList(named)) value["DependsOn"] = named.map(its);
  else if (isText(named)) value["DependsOn"] = its(named);
  for (const each of Object.values(value)) followDependsOn(each, moved);
}
