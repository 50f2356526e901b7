import { hasMember, isList, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { isNoValue } from "../intrinsic.ts";
import { invalidTemplate, refuse } from "../invalid.ts";
import { display } from "../python.ts";
import { dictionary, put, write } from "../python-dictionary.ts";
import { entriesOf } from "../python-marks.ts";

/** The paths of a definition. A path, or a method of it, may be an Fn::If, and then there is one for each of its branches. */

export const INTEGRATION = "x-amazon-apigateway-integration";
export const ANY_METHOD = "x-amazon-apigateway-any-method";
/** HTTP APIs send what no other path takes here. */
export const DEFAULT_PATH = "$default";

/** A fault that makes all further looking senseless. */
export const wrong = (message: string): never => refuse(invalidTemplate(message));

/** The branches of an Fn::If that are there, or the value itself. */
export function branches(value: Value): Value[] {
  if (!isSection(value) || !Object.hasOwn(value, "Fn::If")) return [value];
  const parts = value["Fn::If"];
  if (!isList(parts)) return wrong("Value of Fn::If must be a list.");
  return parts.slice(1).filter((part) => !isNoValue(part));
}

export function checkedSection(value: Value, message: string): Section {
  return isSection(value) ? value : wrong(message);
}

/** In lower case; ANY has a name of API Gateway's own. */
export function methodName(method: string): string {
  const lower = method.toLowerCase();
  return lower === "any" ? ANY_METHOD : lower;
}

export const pathItems = (paths: Section, path: string): Section[] =>
  branches(paths[path]).map((item) => checkedSection(item, `Value of '${path}' path must be a dictionary according to Swagger spec.`));

const checkedDefinition = (definition: Value, path: string, method: string): Section =>
  checkedSection(definition, `Definition of method '${method}' for path '${path}' should be a map.`);

export const isIntegrated = (definition: Section): boolean => isTruthy(definition[INTEGRATION]);

/** The definitions of one method that have an integration. */
export const definitionsOf = (paths: Section, path: string, method: string, withIntegration = true): Section[] =>
  pathItems(paths, path)
    .flatMap((item) => branches(item[methodName(method)]))
    .map((definition) => checkedDefinition(definition, path, method))
    .filter((definition) => !withIntegration || isIntegrated(definition));

/** All definitions of methods that have an integration; `besides` are members of a path that are no methods. */
export function* allDefinitions(paths: Section, path: string, besides: readonly string[] = []): Generator<[string, Section]> {
  for (const item of pathItems(paths, path)) {
    for (const [name, method] of entriesOf(item)) {
      if (besides.includes(name)) continue;
      for (const branch of branches(method)) {
        const definition = checkedDefinition(branch, path, name);
        if (isIntegrated(definition)) yield [methodName(name), definition];
      }
    }
  }
}

export function hasIntegration(paths: Section, path: string, method: string): boolean {
  if (!Object.hasOwn(paths, path)) return false;
  const name = methodName(method);
  if (!branches(paths[path]).every((item) => hasMember(item, name))) return false;
  return pathItems(paths, path).every(
    (item) => isSection(item[name]) && branches(item[name]).some((definition) => isIntegrated(checkedDefinition(definition, path, method))),
  );
}

/** The name of a method is the template's word, but for ANY. */
export function putMethod(item: Section, name: string, definition: Value): void {
  if (name === ANY_METHOD) write(item, name, definition);
  else put(item, name, definition);
}

export function addPath(paths: Section, path: string, method: string): void {
  const name = methodName(method);
  if (!Object.hasOwn(paths, path)) (path === DEFAULT_PATH ? write : put)(paths, path, dictionary());
  checkedSection(paths[path], `Value of '${path}' path must be a dictionary according to Swagger spec.`);
  for (const item of branches(paths[path])) {
    if (isSection(item) && !Object.hasOwn(item, name)) putMethod(item, name, dictionary());
  }
}

/** Paths as permissions and policies name them: a star for every parameter. */
export const withStars = (path: string): string => path.replace(/\{([a-zA-Z0-9._-]+|[a-zA-Z0-9._-]+\+)\}/g, "*");

/** A version as SAM reads it: JSON does not tell 3 from 3.0, and nobody writes 3. */
export const versionText = (version: Value): string =>
  isText(version) ? version : typeof version === "number" && Number.isInteger(version) ? `${version}.0` : display(version);

export const isVersion3 = (version: Value): boolean => /^3(\.\d)(\.\d)?$/.test(versionText(version));
