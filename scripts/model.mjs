// Makes of a model in data/models what `prepare` makes of an SDK package: schemas and exceptions, facts, types.
// The form of schemas is that of @smithy/core/schema: [kind, namespace, name, traits, names of members, their schemas, how many
// are required]; simple schemas are numbers.

const PROTOCOLS = { json: ({ jsonVersion }) => `awsJson${jsonVersion.replace(".", "_")}`, "rest-json": () => "restJson1" };
const SIMPLE = { string: 0, character: 0, byte: 1, short: 1, integer: 1, long: 1, float: 1, double: 1, boolean: 2, timestamp: 4, blob: 21 };
const TIMESTAMPS = { iso8601: 5, rfc822: 6, unixTimestamp: 7 };
const LIST = 64;
const MAP = 128;
const LABEL = 1;
const TOKEN = 4;
const SENSITIVE = 8;

/** Members say where in HTTP they go, and nothing else that changes the wire. */
const MEMBER_KEYS = new Set(["shape", "location", "locationName", "idempotencyToken"]);

export function sdkOf(name, model) {
  check(name, model);
  return {
    operations: Object.keys(model.operations),
    schemas: schemas(model),
    exceptions: exceptions(model),
    facts: facts(model),
    declarations: declarations(model),
  };
}

/** What is not converted is refused. */
function check(name, { metadata, shapes }) {
  const refuse = (what) => {
    throw new Error(`the model of ${name} has ${what}, which scripts/model.mjs does not convert`);
  };
  if (PROTOCOLS[metadata.protocol] === undefined) refuse(`the protocol ${metadata.protocol}`);
  for (const [shape, { type, payload, members = {} }] of Object.entries(shapes)) {
    if (payload !== undefined) refuse(`a payload in ${shape}`);
    if (SIMPLE[type] === undefined && !["structure", "list", "map"].includes(type)) refuse(`the type ${type}`);
    for (const [member, reference] of Object.entries(members)) {
      const other = Object.keys(reference).find((key) => !MEMBER_KEYS.has(key));
      if (other !== undefined) refuse(`${other} of ${shape}.${member}`);
    }
  }
}

const namespaceOf = ({ metadata }) => `com.amazonaws.${metadata.serviceId.toLowerCase().replaceAll(/[ -]/g, "")}`;

function facts(model) {
  const { metadata } = model;
  return {
    namespace: namespaceOf(model),
    protocol: PROTOCOLS[metadata.protocol](metadata),
    // Requests are routed by the last dotted part; where there is none the SDK has a name too, which nobody sends.
    target: metadata.targetPrefix?.split(".").at(-1) ?? metadata.serviceId.replaceAll(/[ -]/g, "_"),
    version: metadata.apiVersion,
    xmlNamespace: "",
    queryCompatible: false,
    signingName: metadata.signingName ?? metadata.endpointPrefix,
    serviceId: metadata.serviceId,
  };
}

/** The faults of a service are those of its own: botocore says so of some only. */
const isServers = (name, { fault, error = {} }) => fault === true || error.httpStatusCode >= 500 || /^Internal/.test(name);

function exceptions({ shapes }) {
  const thrown = Object.entries(shapes).filter(([, { exception }]) => exception);
  return [
    "class Exception extends Error { constructor(options) { super(options.message); Object.assign(this, options); } }",
    ...thrown.map(([shape, definition]) => exceptionClass(shape, isServers(shape, definition) ? "server" : "client", definition)),
  ].join("\n");
}

function schemas(model) {
  const { operations, shapes } = model;
  const head = (shape) => `n0, ${JSON.stringify(shape)}`;
  const lines = [`const n0 = ${JSON.stringify(namespaceOf(model))};`];
  for (const [shape, definition] of Object.entries(shapes)) {
    const { type, exception, error = {}, sensitive } = definition;
    const traits = sensitive ? SENSITIVE : 0;
    if (type === "list") {
      lines.push(`var ${shape} = [1, ${head(shape)}, ${traits}, ${reference(shapes, definition.member)}];`);
    } else if (type === "map") {
      const parts = [definition.key, definition.value].map((part) => reference(shapes, part));
      lines.push(`var ${shape} = [2, ${head(shape)}, ${traits}, ${parts.join(", ")}];`);
    } else if (type !== "structure") {
      if (sensitive) lines.push(`var ${shape} = [0, ${head(shape)}, ${SENSITIVE}, ${simple(definition)}];`);
    } else if (exception) {
      const side = isServers(shape, definition) ? "server" : "client";
      const ownTraits = JSON.stringify({ error: side, ...(error.httpStatusCode && { httpError: error.httpStatusCode }) });
      lines.push(`export var ${shape}$ = [-3, ${head(shape)}, ${ownTraits}, ${structure(model, definition)}];`);
    } else {
      lines.push(`export var ${shape}$ = [3, ${head(shape)}, ${traits}, ${structure(model, definition)}];`);
    }
  }
  for (const [operation, { http, input, output }] of Object.entries(operations)) {
    const side = (one) => (one === undefined ? `"unit"` : `() => ${one.shape}$`);
    lines.push(`export var ${operation}$ = [9, ${head(operation)}, ${httpTraits(model, http, input)}, ${side(input)}, ${side(output)}];`);
  }
  return lines.join("\n");
}

function exceptionClass(name, side, { members = {} }) {
  const own = Object.keys(members).map((member) => `this.${member} = options.${member};`);
  return `export class ${name} extends Exception {
    name = "${name}"; $fault = "${side}"; ${Object.keys(members).join("; ")};
    constructor(options) { super({ name: "${name}", $fault: "${side}", ...options }); ${own.join(" ")} }
  }`;
}

/** Labels are called as members are; botocore calls them as HTTP does. */
function httpTraits({ metadata, shapes }, { method, requestUri, responseCode = 200 }, input) {
  if (metadata.protocol === "json") return "0";
  const labels = Object.entries(shapes[input?.shape]?.members ?? {}).filter(([, { location }]) => location === "uri");
  const uri = labels.reduce((text, [member, { locationName }]) => text.replace(`{${locationName}}`, `{${member}}`), requestUri);
  return JSON.stringify({ http: [method, uri, responseCode] });
}

function structure({ shapes }, { members = {}, required = [] }) {
  const sorted = [
    ...required.map((name) => [name, members[name]]),
    ...Object.entries(members).filter(([name]) => !required.includes(name)),
  ];
  const schemas = sorted.map(([name, member]) => {
    const traits = memberTraits(name, member);
    const schema = reference(shapes, member);
    return traits === 0 ? schema : `[${schema}, ${JSON.stringify(traits)}]`;
  });
  const names = JSON.stringify(sorted.map(([name]) => name));
  return `${names}, [${schemas.join(", ")}]${required.length > 0 ? `, ${required.length}` : ""}`;
}

function memberTraits(name, { location, locationName = name, idempotencyToken }) {
  if (location === "uri") return LABEL;
  if (location === "querystring") return { httpQuery: locationName };
  if (location === "header") return { httpHeader: locationName };
  if (location !== undefined) throw new Error(`nothing is known of the place ${location} of ${name}`);
  if (idempotencyToken) return TOKEN;
  return locationName === name ? 0 : { jsonName: locationName };
}

function reference(shapes, { shape: name }) {
  const shape = shapes[name];
  if (shape.type === "structure") return `() => ${name}$`;
  if (shape.sensitive) return `() => ${name}`;
  const inner = shape.type === "list" ? shape.member : shape.type === "map" ? shape.value : undefined;
  if (inner === undefined) return `${simple(shape)}`;
  const element = shapes[inner.shape];
  const isPlain = (one) => SIMPLE[one.type] !== undefined && !one.sensitive;
  if (!isPlain(element) || (shape.key !== undefined && !isPlain(shapes[shape.key.shape]))) return `() => ${name}`;
  return `${(shape.type === "list" ? LIST : MAP) | simple(element)}`;
}

const simple = ({ type, timestampFormat }) => TIMESTAMPS[timestampFormat] ?? SIMPLE[type];

const TYPES = { boolean: "boolean", timestamp: "Date", blob: "Uint8Array" };

function declarations({ operations, shapes }) {
  const typeOf = ({ shape: name }) => {
    const { type, enum: values, member, value } = shapes[name];
    if (type === "structure" || values !== undefined) return name;
    if (type === "list") return `${typeOf(member)}[]`;
    if (type === "map") return `Record<string, ${typeOf(value)}>`;
    return TYPES[type] ?? (SIMPLE[type] === 1 ? "number" : "string");
  };
  const fields = ({ members = {}, required = [] }) =>
    Object.entries(members).map(([name, member]) => `  ${name}${required.includes(name) ? "" : "?"}: ${typeOf(member)} | undefined;`);
  const lines = [`import type { OperationSchema } from "../kernel/operation.ts";`];
  for (const [name, shape] of Object.entries(shapes)) {
    if (shape.enum !== undefined) lines.push(`export type ${name} = ${shape.enum.map((one) => JSON.stringify(one)).join(" | ")};`);
    if (shape.type !== "structure") continue;
    if (!shape.exception) lines.push(`export interface ${name} {`, ...fields(shape), "}");
    else lines.push(...exceptionDeclaration(name, shape, fields(shape)));
  }
  for (const [name, { input, output }] of Object.entries(operations))
    lines.push(`export declare const ${name}$: OperationSchema<${input?.shape ?? "{}"}, ${output?.shape ?? "{}"}>;`);
  return `${lines.join("\n")}\n`;
}

const exceptionDeclaration = (name, shape, fields) => [
  `export declare class ${name} extends Error {`,
  `  readonly name: "${name}";`,
  `  readonly $fault: "${isServers(name, shape) ? "server" : "client"}";`,
  ...fields,
  `  constructor(options: { message?: string; $metadata: object });`,
  "}",
];
