import type { NormalizedSchema } from "@smithy/core/schema";
import { type Rule, rulesOf } from "./constraint-rules.ts";
import type { Constraint, ConstraintTable } from "./constraint-table.ts";
import { WireFault } from "./errors.ts";
import { type OperationModel, type ProtocolName, type RawStruct, rawStruct, type ServiceModel } from "./model.ts";

/** One sentence about one member, ready but for the style of its service. */
interface Violation {
  /** Such as pipeline.stages.1.member.name. */
  readonly path: string;
  /** The last member of the path, as the model has it. */
  readonly name: string;
  /** The same as a query has it: InstanceId.1 is one of InstanceIds. */
  readonly queryName?: string;
  readonly value: unknown;
  readonly isSensitive: boolean;
  /** Such as: Member must have length less than or equal to 100. */
  readonly rule: string;
}

type Check = (value: unknown, path: string, found: Violation[]) => void;

/** How a service refuses what violates its model. */
interface Style {
  readonly code: string;
  /** That of whatever is there and wrong, where it has another one. */
  readonly invalid?: string;
  /** Its own sentence, about the first violation. */
  readonly word?: (violation: Violation) => string;
  /** Whether the service refuses here only what is absent, and everything else in words that are its handlers' business. */
  readonly onlyRequired?: boolean;
}

/**
 * Services that do not use AWS's common validation: they have an exception of their own for every member, which their handlers
 * throw. Here are those that we know of; all others share one message.
 */
const OWN_VALIDATION: ReadonlySet<string> = new Set(["s3", "codecommit", "codedeploy"]);

const STYLES: Readonly<Record<string, Style>> = {
  "cloudwatch-logs": { code: "InvalidParameterException" },
  cloudwatch: { code: "ValidationError" },
  sqs: { code: "MissingParameter", word: ({ name }) => `The request must contain the parameter ${name}.`, onlyRequired: true },
  sns: {
    code: "InvalidParameter",
    word: ({ name }) => `Invalid parameter: ${name} Reason: no value for required parameter`,
    onlyRequired: true,
  },
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  ec2: {
    code: "MissingParameter",
    invalid: "InvalidParameterValue",
    word: ({ name, queryName = name, path, value, rule }) =>
      value === null
        ? `The request must contain the parameter ${queryName}`
        : rule.includes("enum value set")
          ? `Invalid value '${value}' for ${queryName}.`
          : `Value (${value}) for parameter ${path} is invalid. ${rule}`,
  },
  ecr: {
    code: "InvalidParameterException",
    word: ({ path, rule }) => `Invalid parameter at '${path}' failed to satisfy constraint: '${rule}'`,
  },
};

/** Members whose rule the handler words itself, by service: Lambda's refusal of a runtime goes on after the list of them. */
const HANDLERS_OWN: Readonly<Record<string, ReadonlySet<string>>> = { lambda: new Set(["Runtime"]) };

/** Checks inputs against what their models say beyond their shapes, in AWS's words. */
export class Validator {
  readonly #model: ServiceModel;
  readonly #constraints: ConstraintTable;
  readonly #handlersOwn: ReadonlySet<string>;
  readonly #style: Style | undefined;
  readonly #structures = new Map<RawStruct, Check>();

  constructor(model: ServiceModel) {
    this.#model = model;
    this.#constraints = model.constraints;
    this.#style = STYLES[model.name];
    this.#handlersOwn = HANDLERS_OWN[model.name] ?? new Set();
  }

  /** Refuse an input that its model does not allow. */
  validate({ input }: OperationModel, value: unknown, protocol: ProtocolName): void {
    if (input.isUnitSchema() || OWN_VALIDATION.has(this.#model.name)) return;
    const found: Violation[] = [];
    this.#structure(input)(value, "", found);
    if (found.length > 0) throw this.#fault(found, protocol);
  }

  #fault(found: readonly Violation[], protocol: ProtocolName): WireFault {
    const isQuery = protocol === "awsQuery" || protocol === "ec2Query";
    const { code, invalid = code, word }: Style = this.#style ?? { code: isQuery ? "ValidationError" : "ValidationException" };
    if (word !== undefined) return new WireFault(found[0]!.value === null ? code : invalid, word(found[0]!));
    const count = found.length === 1 ? "1 validation error" : `${found.length} validation errors`;
    return new WireFault(code, `${count} detected: ${found.map(sentenceOf).join("; ")}`);
  }

  #structure(schema: NormalizedSchema): Check {
    const raw = rawStruct(schema);
    const known = this.#structures.get(raw);
    if (known !== undefined) return known;
    const required = raw[6] ?? 0;
    const constraints = this.#constraints[raw[2]];
    let members: { name: string; segment: string; queryName: string; isRequired: boolean; check: Check | undefined }[] | undefined;
    const compile = () =>
      [...schema.structIterator()].map(([name, member], index) => ({
        name,
        segment: name.charAt(0).toLowerCase() + name.slice(1),
        queryName: queryNameOf(member, name),
        isRequired: index < required,
        check: this.#member(name, member, this.#isLeft(name) ? undefined : constraints?.[name]),
      }));
    const check: Check = (value, path, found) => {
      members ??= compile();
      const object = value as Record<string, unknown>;
      for (const { name, segment, queryName, isRequired, check: checkMember } of members) {
        const item = object[name];
        if (item == null) {
          if (isRequired)
            found.push({ path: join(path, segment), name, queryName, value: null, isSensitive: false, rule: "Member must not be null" });
        } else if (checkMember !== undefined) {
          checkMember(item, join(path, segment), found);
        }
      }
    };
    this.#structures.set(raw, check);
    return check;
  }

  #isLeft(name: string): boolean {
    return this.#style?.onlyRequired === true || this.#handlersOwn.has(name);
  }

  /** Everything that is to be checked about a member; undefined where there is nothing. */
  #member(name: string, schema: NormalizedSchema, constraint: Constraint | undefined): Check | undefined {
    const checks = [constraint && constraintCheck(name, constraint, schema), this.#inside(schema)].filter((check) => check !== undefined);
    const [first, second] = checks;
    if (second === undefined) return first;
    return (value, path, found) => {
      first!(value, path, found);
      second(value, path, found);
    };
  }

  /** The checks of what a structure, a list or a map holds. */
  #inside(schema: NormalizedSchema): Check | undefined {
    if (schema.isStructSchema()) return schema.isStreaming() ? undefined : this.#structure(schema);
    if (!schema.isListSchema() && !schema.isMapSchema()) return undefined;
    const inner = this.#inside(schema.getValueSchema());
    if (inner === undefined) return undefined;
    if (schema.isListSchema()) {
      return (value, path, found) => {
        (value as unknown[]).forEach((item, index) => {
          if (item != null) inner(item, `${path}.${index + 1}.member`, found);
        });
      };
    }
    return (value, path, found) => {
      for (const [key, item] of Object.entries(value as object)) if (item != null) inner(item, `${path}.${key}.member`, found);
    };
  }
}

/** The check of one member's own value, and of the items, keys and values that are scalars in it. */
function constraintCheck(name: string, constraint: Constraint, schema: NormalizedSchema): Check | undefined {
  const rules = [...rulesOf(constraint, schema.isNumericSchema()), ...contentRules(constraint, schema)];
  if (rules.length === 0) return undefined;
  const sensitive = isSensitive(schema);
  return (value, path, found) => {
    for (const { isBroken, rule } of rules) if (isBroken(value)) found.push({ path, name, value, isSensitive: sensitive, rule });
  };
}

/** AWS does not say which item is wrong; it lists every rule that items have. */
function contentRules({ each, key, value }: Constraint, schema: NormalizedSchema): Rule[] {
  const rules: Rule[] = [];
  const add = (
    constraint: Constraint | undefined,
    isNumeric: () => boolean,
    contents: (whole: object) => readonly unknown[],
    subject: string,
  ) => {
    const own = constraint === undefined ? [] : rulesOf(constraint, isNumeric());
    if (own.length === 0) return;
    const isBroken = (whole: unknown) => contents(whole as object).some((item) => item != null && own.some((rule) => rule.isBroken(item)));
    rules.push({ isBroken, rule: `${subject} must satisfy constraint: [${own.map(({ rule }) => rule).join(", ")}]` });
  };
  add(
    each,
    () => schema.getValueSchema().isNumericSchema(),
    (whole) => whole as unknown[],
    "Member",
  );
  add(key, () => false, Object.keys, "Map keys");
  add(value, () => schema.getValueSchema().isNumericSchema(), Object.values, "Map value");
  return rules;
}

const queryNameOf = (schema: NormalizedSchema, name: string): string => {
  const { ec2QueryName, xmlName } = schema.getMergedTraits() as { ec2QueryName?: string; xmlName?: string };
  return ec2QueryName ?? (xmlName === undefined ? name : xmlName.charAt(0).toUpperCase() + xmlName.slice(1));
};

const join = (path: string, segment: string): string => (path === "" ? segment : `${path}.${segment}`);

const isSensitive = (schema: NormalizedSchema): boolean => (schema.getMergedTraits() as { sensitive?: unknown }).sensitive !== undefined;

function sentenceOf({ path, value, isSensitive: hidden, rule }: Violation): string {
  const shown = value === null ? "Value null" : hidden ? "Value" : `Value '${javaText(value)}'`;
  return `${shown} at '${path}' failed to satisfy constraint: ${rule}`;
}

/** A value as AWS's Java prints it. */
function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(", ")}]`;
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (value instanceof Date || typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(([name, item]) => `${name}=${javaText(item)}`);
  return `{${entries.join(", ")}}`;
}
