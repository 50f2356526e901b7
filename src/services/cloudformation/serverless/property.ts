import { isAbsent, isList, isSection, isText, type Section, type Value } from "./draft.ts";
import { invalidResource } from "./invalid.ts";
import { membersOf } from "./python-marks.ts";

/** Says whether a value is of a kind; `expected` is how SAM's message names the kind, where it does. */
export interface Kind {
  (value: Value): boolean;
  readonly expected?: string;
}

const named = (is: (value: Value) => boolean, expected: string): Kind => Object.assign((value: Value) => is(value), { expected });

export const map: Kind = named(isSection, "map");
export const text: Kind = named(isText, "string");
export const boolean: Kind = (value) => typeof value === "boolean";
export const list: Kind = (value) => isList(value);
// To Python a boolean is an integer, too.
export const integer: Kind = (value) => Number.isInteger(value) || typeof value === "boolean";
export const anything: Kind = () => true;
export const oneOf =
  (...kinds: Kind[]): Kind =>
  (value) =>
    kinds.some((kind) => kind(value));
export const listOf =
  (item: Kind): Kind =>
  (value) =>
    isList(value) && value.every((each) => item(each));
export const mapOf =
  (item: Kind): Kind =>
  (value) =>
    isSection(value) && Object.values(value).every((each) => item(each));
export const choiceOf = (...choices: string[]): Kind => {
  const quoted = choices.map((choice) => `'${choice}'`);
  const last = quoted.at(-1)!;
  const many = `one of the strings: ${quoted.slice(0, -1).join(", ")}${quoted.length > 2 ? "," : ""} or ${last}`;
  return named((value) => isText(value) && choices.includes(value), quoted.length === 1 ? `the string ${last}` : many);
};

/** What a property of a SAM resource or event may be. */
export interface PropertyRule {
  readonly kind: Kind;
  readonly isRequired: boolean;
  /** Whether an intrinsic function may stand for the value; where it may not, the value is checked as it stands. */
  readonly takesFunctions: boolean;
}

export type PropertyRules = Readonly<Record<string, PropertyRule>>;

export const may = (kind: Kind): PropertyRule => ({ kind, isRequired: false, takesFunctions: true });
export const must = (kind: Kind): PropertyRule => ({ kind, isRequired: true, takesFunctions: true });
/** As `may`, but no function may stand for it. */
export const mayBeLiteral = (kind: Kind): PropertyRule => ({ kind, isRequired: false, takesFunctions: false });
export const mustBeLiteral = (kind: Kind): PropertyRule => ({ kind, isRequired: true, takesFunctions: false });
/** What is passed on as it stands. */
export const passed: PropertyRule = mayBeLiteral(anything);
export const passedAndRequired: PropertyRule = mustBeLiteral(anything);

/** That a resource or an event has the properties of its type, in SAM's order: names first, then kinds. */
export function checkProperties(id: string, type: string, properties: Section, rules: PropertyRules): void {
  for (const [name] of membersOf(properties)) {
    if (!Object.hasOwn(rules, name)) throw invalidResource(id, `property ${name} not defined for resource of type ${type}`);
  }
  checkKinds(id, properties, rules);
}

export function checkKinds(id: string, properties: Section, rules: PropertyRules): void {
  for (const [name, rule] of Object.entries(rules)) {
    const value = properties[name];
    if (rule.takesFunctions && isSection(value) && Object.keys(value).length === 1) continue;
    if (isAbsent(value)) {
      if (rule.isRequired) throw invalidResource(id, `Missing required property '${name}'.`);
    } else if (!rule.kind(value)) {
      const { expected } = rule.kind;
      throw invalidResource(
        id,
        expected === undefined ? `Type of property '${name}' is invalid.` : `Property '${name}' should be a ${expected}.`,
      );
    }
  }
}
