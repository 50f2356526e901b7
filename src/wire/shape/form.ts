import type { NormalizedSchema } from "@smithy/core/schema";
import type { Constraint, ConstraintTable } from "../constraint-table.ts";
import { Malformed } from "../errors.ts";
import { rawStruct } from "../model.ts";
import { DATE_TIME, instantOfAnyFormat, scalarFromText } from "./scalar.ts";

/** A form's keys are paths (Tags.member.1.Key); this is the tree they make. */
export interface FormNode {
  text?: string;
  children?: Map<string, FormNode>;
}

/** Read application/x-www-form-urlencoded text as a tree. */
export function parseForm(body: string): FormNode {
  const root: FormNode = {};
  for (const pair of body.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const path = unescapeForm(equals < 0 ? pair : pair.slice(0, equals));
    let node = root;
    for (const name of path.split(".")) {
      node.children ??= new Map();
      let child = node.children.get(name);
      if (child === undefined) {
        child = {};
        node.children.set(name, child);
      }
      node = child;
    }
    node.text = equals < 0 ? "" : unescapeForm(pair.slice(equals + 1));
  }
  return root;
}

function unescapeForm(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Malformed(`'${text}' is not valid form data.`);
  }
}

/** A list's items in the order of their numbers. */
function numbered(node: FormNode): FormNode[] {
  const found = [...(node.children ?? [])].filter(([name]) => /^\d+$/.test(name));
  return found.sort(([one], [other]) => Number(one) - Number(other)).map(([, child]) => child);
}

interface FormTraits {
  readonly xmlName?: string;
  readonly ec2QueryName?: string;
  readonly xmlFlattened?: unknown;
}

const traitsOf = (schema: NormalizedSchema): FormTraits => schema.getMergedTraits() as FormTraits;

/** Reads forms as their shapes, for awsQuery and, with its own naming rules, ec2Query. */
export class FormReader {
  readonly #constraints: ConstraintTable;
  readonly #isEc2: boolean;

  constructor(constraints: ConstraintTable, isEc2: boolean) {
    this.#constraints = constraints;
    this.#isEc2 = isEc2;
  }

  read(schema: NormalizedSchema, form: FormNode): Record<string, unknown> {
    return schema.isUnitSchema() ? {} : this.#structure(schema, form);
  }

  #value(schema: NormalizedSchema, node: FormNode, constraint: Constraint | undefined): unknown {
    if (schema.isStructSchema()) return this.#structure(schema, node);
    if (schema.isListSchema()) return this.#list(schema, node, constraint);
    if (schema.isMapSchema()) return this.#map(schema, node, constraint);
    if (node.text === undefined) return undefined;
    if (schema.isTimestampSchema()) return instantOfAnyFormat(node.text);
    if (schema.isBooleanSchema()) return scalarFromText(schema, node.text.toLowerCase(), constraint, DATE_TIME);
    return scalarFromText(schema, node.text, constraint, DATE_TIME);
  }

  #structure(schema: NormalizedSchema, node: FormNode): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const constraints = this.#constraints[rawStruct(schema)[2]];
    for (const [name, member] of schema.structIterator()) {
      const child = node.children?.get(this.#nameOf(name, member));
      if (child === undefined) continue;
      const value = this.#value(member, child, constraints?.[name]);
      if (value !== undefined) result[name] = value;
    }
    return result;
  }

  #nameOf(name: string, member: NormalizedSchema): string {
    const { xmlName, ec2QueryName } = traitsOf(member);
    if (!this.#isEc2) return xmlName ?? name;
    const ec2Name = xmlName ?? name;
    return ec2QueryName ?? ec2Name.charAt(0).toUpperCase() + ec2Name.slice(1);
  }

  #list(schema: NormalizedSchema, node: FormNode, constraint: Constraint | undefined): unknown[] | undefined {
    const item = schema.getValueSchema();
    const items = this.#itemsOf(schema, item, node);
    return items?.map((child) => this.#value(item, child, constraint?.each));
  }

  /** Clients disagree on "member" where the model names the items otherwise; AWS takes both. */
  #itemsOf(schema: NormalizedSchema, item: NormalizedSchema, node: FormNode): FormNode[] | undefined {
    if (this.#isEc2 || traitsOf(schema).xmlFlattened !== undefined) return numbered(node);
    const wrapper = node.children?.get(traitsOf(item).xmlName ?? "member") ?? node.children?.get("member");
    if (wrapper !== undefined) return numbered(wrapper);
    const items = numbered(node);
    return items.length > 0 || node.text !== undefined ? items : undefined;
  }

  #map(schema: NormalizedSchema, node: FormNode, constraint: Constraint | undefined): Record<string, unknown> {
    const valueSchema = schema.getValueSchema();
    const keyName = traitsOf(schema.getKeySchema()).xmlName ?? "key";
    const valueName = traitsOf(valueSchema).xmlName ?? "value";
    const entries = traitsOf(schema).xmlFlattened === undefined ? node.children?.get("entry") : node;
    const pairs = (entries === undefined ? [] : numbered(entries)).map((entry): [string, unknown] => {
      const value = entry.children?.get(valueName);
      return [entry.children?.get(keyName)?.text ?? "", value && this.#value(valueSchema, value, constraint?.value)];
    });
    return Object.fromEntries(pairs);
  }
}
