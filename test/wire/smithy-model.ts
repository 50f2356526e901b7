import type { Constraint, ConstraintTable, NumberType } from "../../src/wire/constraint-table.ts";
import type { ServiceFacts } from "../../src/wire/model.ts";

/** A shape of a Smithy model in its JSON form: https://smithy.io/2.0/spec/json-ast.html */
export interface Shape {
  readonly type: string;
  readonly traits?: Traits;
  readonly members?: Readonly<Record<string, Member>>;
  readonly mixins?: readonly { target: string }[];
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly version?: string;
  readonly operations?: readonly { target: string }[];
  readonly resources?: readonly { target: string }[];
  readonly errors?: readonly { target: string }[];
  readonly input?: { target: string };
  readonly output?: { target: string };
}

export interface Member {
  readonly target: string;
  readonly traits?: Traits;
}

type Traits = Readonly<Record<string, any>>;
export type Shapes = Readonly<Record<string, Shape>>;

const NUMBERS = new Set(["byte", "short", "integer", "long", "float", "double", "intEnum"]);
const TIMESTAMP_FORMATS: Readonly<Record<string, number>> = { "date-time": 5, "http-date": 6, "epoch-seconds": 7 };
const FLAGS = [
  "httpLabel",
  "httpPayload",
  "httpQueryParams",
  "httpResponseCode",
  "xmlAttribute",
  "xmlFlattened",
  "sparse",
  "streaming",
  "idempotencyToken",
];
const VALUES = ["httpHeader", "httpPrefixHeaders", "httpQuery", "xmlName", "jsonName", "mediaType", "error", "httpError", "sensitive"];

/** Compiles services of a Smithy model into what `prepare` makes of the SDK's clients: schema constants, facts, constraints. */
export class SmithyModel {
  readonly shapes: Shapes;
  readonly #schemas = new Map<string, unknown>();

  constructor(shapes: Shapes) {
    this.shapes = shapes;
  }

  shape(id: string): Shape {
    return (
      this.shapes[id] ?? { type: id.split("#")[1]!.replace("Primitive", "").toLowerCase().replace("bigd", "bigD").replace("bigi", "bigI") }
    );
  }

  membersOf({ members = {}, mixins = [] }: Shape): Record<string, Member> {
    return Object.assign({}, ...mixins.map(({ target }) => this.membersOf(this.shape(target))), members);
  }

  /** The schema constants of a service, as an SDK module exports them. */
  exports(serviceId: string): Record<string, unknown> {
    const constants: Record<string, unknown> = {};
    for (const id of this.operationsOf(serviceId)) {
      const operation = this.shape(id);
      const { method, uri, code = 200 } = operation.traits?.["smithy.api#http"] ?? {};
      const traits = method === undefined ? 0 : { http: [method, uri, code] };
      const name = nameOf(id);
      constants[`${name}$`] = [9, namespaceOf(id), name, traits, this.#reference(operation.input), this.#reference(operation.output)];
      for (const { target } of operation.errors ?? []) constants[`${nameOf(target)}$`] = this.schemaOf(target);
    }
    for (const { target } of this.shape(serviceId).errors ?? []) constants[`${nameOf(target)}$`] = this.schemaOf(target);
    return constants;
  }

  operationsOf(serviceId: string): string[] {
    const { operations = [], resources = [] } = this.shape(serviceId);
    return [...operations.map(({ target }) => target), ...resources.flatMap(({ target }) => this.operationsOf(target))];
  }

  facts(serviceId: string, signingName: string): ServiceFacts {
    const { traits = {}, version = "" } = this.shape(serviceId);
    const protocol = Object.keys(traits).find((id) => /^(aws|smithy)\.protocols#(awsJson|awsQuery$|ec2Query|rest|rpcv2)/.test(id))!;
    return {
      namespace: namespaceOf(serviceId),
      protocol: nameOf(protocol),
      target: nameOf(serviceId),
      version,
      xmlNamespace: traits["smithy.api#xmlNamespace"]?.uri ?? "",
      queryCompatible: "aws.protocols#awsQueryCompatible" in traits,
      signingName,
      serviceId: nameOf(serviceId),
    };
  }

  /** What data/constraints.json would hold, and the constraints that botocore does not know. */
  constraints(): ConstraintTable {
    const table: Record<string, Record<string, Constraint>> = {};
    for (const [id, shape] of Object.entries(this.shapes)) {
      if (shape.type !== "structure" && shape.type !== "union") continue;
      const structure: Record<string, Constraint> = table[nameOf(id)] ?? {};
      table[nameOf(id)] = structure;
      for (const [name, member] of Object.entries(this.membersOf(shape))) structure[name] = this.#constraintOf(member);
    }
    return table;
  }

  #reference(member: { target: string } | undefined): unknown {
    return member === undefined ? "unit" : () => this.schemaOf(member.target);
  }

  schemaOf(id: string): unknown {
    if (id === "smithy.api#Unit") return "unit";
    if (!this.#schemas.has(id)) this.#schemas.set(id, this.#compile(id));
    return this.#schemas.get(id);
  }

  #compile(id: string): unknown {
    const shape = this.shape(id);
    const traits = traitsOf(shape.traits);
    const head = [namespaceOf(id), nameOf(id), traits];
    switch (shape.type) {
      case "structure":
      case "union": {
        const members = Object.entries(this.membersOf(shape));
        const isRequired = ([, { traits: own = {} }]: [string, Member]) => "smithy.api#required" in own;
        members.sort((one, other) => Number(isRequired(other)) - Number(isRequired(one)));
        const kind = shape.type === "union" ? 4 : shape.traits?.["smithy.api#error"] === undefined ? 3 : -3;
        return [
          kind,
          ...head,
          members.map(([name]) => name),
          members.map(([, member]) => this.#member(member)),
          members.filter(isRequired).length,
        ];
      }
      case "list":
      case "set":
        return [1, ...head, this.#member(shape.member!)];
      case "map":
        return [2, ...head, this.#member(shape.key!), this.#member(shape.value!)];
      default:
        return [0, ...head, simpleSchema(shape.type, shape.traits)];
    }
  }

  #member({ target, traits }: Member): unknown {
    const format = traits?.["smithy.api#timestampFormat"];
    const own = traitsOf(traits);
    if (format !== undefined) return [TIMESTAMP_FORMATS[format], own];
    return [() => this.schemaOf(target), own];
  }

  #constraintOf({ target, traits: own = {} }: Member): Constraint {
    const shape = this.shape(target);
    const traits = { ...shape.traits, ...own };
    const { min, max } = traits["smithy.api#length"] ?? traits["smithy.api#range"] ?? {};
    const inner: Record<string, Constraint> = {};
    if (shape.member !== undefined) inner["each"] = this.#constraintOf(shape.member);
    if (shape.key !== undefined) inner["key"] = this.#constraintOf(shape.key);
    if (shape.value !== undefined) inner["value"] = this.#constraintOf(shape.value);
    const values = this.#enumOf(shape);
    return {
      ...(min !== undefined && { min: Number(min) }),
      ...(max !== undefined && { max: Number(max) }),
      ...(traits["smithy.api#pattern"] !== undefined && { pattern: traits["smithy.api#pattern"] }),
      ...(values !== undefined && { enum: values }),
      ...(NUMBERS.has(shape.type) && { type: (shape.type === "intEnum" ? "integer" : shape.type) as NumberType }),
      ...("smithy.api#uniqueItems" in traits && { unique: true }),
      ...inner,
    };
  }

  #enumOf(shape: Shape): string[] | undefined {
    const listed = shape.traits?.["smithy.api#enum"] as { value: string; tags?: string[] }[] | undefined;
    if (listed !== undefined) return listed.map(({ value }) => value);
    return shape.type === "enum"
      ? Object.entries(shape.members!).map(([name, { traits }]) => traits?.["smithy.api#enumValue"] ?? name)
      : undefined;
  }
}

export const nameOf = (id: string): string => id.split("#")[1]!;
const namespaceOf = (id: string): string => id.split("#")[0]!;

function simpleSchema(type: string, traits: Traits = {}): number {
  switch (type) {
    case "boolean":
      return 2;
    case "timestamp":
      return TIMESTAMP_FORMATS[traits["smithy.api#timestampFormat"]] ?? 4;
    case "document":
      return 15;
    case "bigInteger":
      return 17;
    case "bigDecimal":
      return 19;
    case "blob":
      return "smithy.api#streaming" in traits ? 42 : 21;
    default:
      return NUMBERS.has(type) ? 1 : 0;
  }
}

function traitsOf(traits: Traits = {}): Record<string, unknown> | number {
  const found: Record<string, unknown> = {};
  for (const name of FLAGS) if (`smithy.api#${name}` in traits) found[name] = 1;
  for (const name of VALUES) if (`smithy.api#${name}` in traits) found[name] = traits[`smithy.api#${name}`];
  const namespace = traits["smithy.api#xmlNamespace"];
  if (namespace !== undefined) found["xmlNamespace"] = [namespace.prefix, namespace.uri];
  const queryError = traits["aws.protocols#awsQueryError"];
  if (queryError !== undefined) found["awsQueryError"] = [queryError.code, queryError.httpResponseCode];
  const ec2Name = traits["aws.protocols#ec2QueryName"];
  if (ec2Name !== undefined) found["ec2QueryName"] = ec2Name;
  return Object.keys(found).length === 0 ? 0 : found;
}
