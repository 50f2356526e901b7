import { idsFrom } from "../../kernel/id.ts";
import type { Progress, ResourceRequest, ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { callHandler, type HandlerProgress, packageArn } from "./handler-call.ts";
import { configurationOf, resolvedConfiguration } from "./type-configuration.ts";
import { registeredSchema, specificationOf } from "./type-knowledge.ts";
import { type TypeVersion, usedVersion } from "./type-version.ts";
import { asText, isObject, type Json, type JsonObject } from "./value.ts";

export type Action = "CREATE" | "READ" | "UPDATE" | "DELETE" | "LIST";

/** A resource of a registered type, as its handlers showed it last; its id is the type, a space, and the primary identifier. */
export interface PrivateResource extends Row {
  readonly model: JsonObject;
}

export const privateResources = new Table<PrivateResource>("cloudformation/private-resource");

/** What the list handler of a type told last; its id is the type. What it leaves out is not gone for that. */
interface PrivateListing extends Row {
  readonly identifiers: readonly string[];
}

export const privateListings = new Table<PrivateListing>("cloudformation/private-listing");

const rowId = (type: string, id: string): string => `${type} ${id}`;

/**
 * A type of resource that was registered or activated in this account: its handlers carry it out. Undefined where there is none.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html
 */
export function privateType(scope: Scope, name: string): ResourceType<JsonObject> | undefined {
  if (/^(AWS|Custom)::/.test(name)) return undefined;
  const version = usedVersion(scope, "RESOURCE", name);
  if (version === undefined) return undefined;
  const { handlers } = version.schema;
  const has = (verb: string): boolean => isObject(handlers) && handlers[verb] !== undefined;
  return {
    type: name,
    ensure: (there, declared, id, request) => ensure(there, version, declared, id, request),
    read: (there, id) => privateResources.get(there, rowId(name, id))?.model,
    remove: (there, id, request) => remove(there, version, id, request),
    attributes: (there, id) => attributesIn(version, privateResources.get(there, rowId(name, id))?.model ?? {}),
    ...(has("list") && {
      list: (there: Scope) => privateListings.get(there, name)?.identifiers ?? [],
    }),
    observe: (there, token, id) => (id === undefined ? observeAll(there, version, token) : observe(there, version, token, id)),
  };
}

/** Members that are read only may lie deep: Fn::GetAtt names them with dots. */
function attributesIn({ schema }: TypeVersion, model: JsonObject): JsonObject {
  const deep = registeredSchema(schema).readOnly.filter((path) => path.includes("/"));
  const found = deep.map((path) => [path.replaceAll("/", "."), memberAt(model, path)] as const);
  return { ...model, ...Object.fromEntries(found.filter((one): one is readonly [string, Json] => one[1] !== undefined)) };
}

function memberAt(model: Json | undefined, path: string): Json | undefined {
  let found = model;
  for (const name of path.split("/")) found = isObject(found) ? found[name] : undefined;
  return found;
}

function identifierOf({ schema }: TypeVersion, model: JsonObject | undefined): string | undefined {
  const values = registeredSchema(schema).primaryIdentifier.map((path) => asText(memberAt(model, path)));
  return values.length === 0 || values.includes(undefined) ? undefined : values.join("|");
}

/** A model that says nothing but which resource is meant. */
function modelOf({ schema }: TypeVersion, id: string): JsonObject {
  const names = registeredSchema(schema).primaryIdentifier;
  const values = names.length === 1 ? [id] : id.split("|");
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

function ensure(scope: Scope, version: TypeVersion, declared: JsonObject, id: string | undefined, request: ResourceRequest): Progress {
  const { typeName } = version;
  const before = id === undefined ? undefined : privateResources.get(scope, rowId(typeName, id))?.model;
  const identified = id === undefined ? declared : { ...declared, ...readOnlyOf(version, before ?? modelOf(version, id)) };
  const asking: Asking = {
    action: id === undefined ? "CREATE" : "UPDATE",
    key: request.token,
    properties: identified,
    ...(id !== undefined && { previous: { ...(request.previous as JsonObject | undefined), ...readOnlyOf(version, before ?? {}) } }),
    request,
  };
  const progress = askHandler(scope, version, asking);
  if (progress.state === "busy") {
    const known = id ?? identifierOf(version, progress.model);
    return { ...waiting(progress), ...(known !== undefined && { id: known }) };
  }
  // What was there before is not made: a roll-back leaves it alone.
  const made = id ?? (progress.code === "AlreadyExists" ? undefined : identifierOf(version, progress.model));
  if (progress.status === "FAILED") return { ...failure(progress, request.token), ...(made !== undefined && { id: made }) };
  if (made === undefined)
    return {
      state: "failed",
      code: "InternalFailure",
      reason: `The handler of ${typeName} answered without the primary identifier of the resource.`,
    };
  const looked = observe(scope, version, `${request.token} made`, made, { ...declared, ...progress.model });
  if (looked.state === "busy") return { ...looked, id: made };
  return looked.state === "failed" ? { ...looked, id: made } : { state: "done", id: made };
}

/** What a resource was given by its handlers, which an update has to name it by. */
function readOnlyOf(version: TypeVersion, model: JsonObject): JsonObject {
  const schema = registeredSchema(version.schema);
  const names = new Set([...schema.readOnly, ...schema.primaryIdentifier]);
  return Object.fromEntries(Object.entries(model).filter(([name]) => names.has(name)));
}

function remove(scope: Scope, version: TypeVersion, id: string, request: ResourceRequest): Progress {
  const known = privateResources.get(scope, rowId(version.typeName, id))?.model;
  const properties = { ...(request.previous as JsonObject | undefined), ...modelOf(version, id), ...known };
  const progress = askHandler(scope, version, { action: "DELETE", key: `${request.token} delete`, properties, request });
  if (progress.state === "busy") return waiting(progress);
  if (progress.status === "FAILED" && progress.code !== "NotFound") return { ...failure(progress, request.token), id };
  privateResources.remove(scope, rowId(version.typeName, id));
  return { state: "done", id };
}

/** Look at one resource; where its type can not be read, it is as it was made. */
function observe(scope: Scope, version: TypeVersion, token: string, id: string, made?: JsonObject): Progress {
  const row = rowId(version.typeName, id);
  if (!hasHandler(version, "read")) {
    if (made !== undefined) keep(scope, version, id, made);
    return { state: "done", id };
  }
  const progress = askHandler(scope, version, { action: "READ", key: `${token} read ${id}`, properties: modelOf(version, id) });
  if (progress.state === "busy") return waiting(progress);
  if (progress.status === "SUCCESS") {
    keep(scope, version, id, progress.model ?? {});
    return { state: "done", id };
  }
  if (progress.code !== "NotFound") return failure(progress, token);
  privateResources.remove(scope, row);
  return made === undefined ? { state: "done", id } : failure(progress, token);
}

/** Some plugins write every number and truth as text. */
const keep = (scope: Scope, { typeName }: TypeVersion, id: string, model: JsonObject): PrivateResource =>
  privateResources.put(scope, { id: rowId(typeName, id), model: specificationOf(scope, typeName).coerce(typeName, model) });

/** A handler that never comes to the end of its list is not asked for ever. */
const PAGES_MAX = 1000;

/** Look for all resources, page by page, and at each of them: a list need not tell more than what identifies a resource. */
function observeAll(scope: Scope, version: TypeVersion, token: string): Progress {
  const listed = new Map<string, JsonObject>();
  const pages = new Set<string | undefined>();
  for (let nextToken: string | undefined; !pages.has(nextToken) && pages.size < PAGES_MAX; ) {
    pages.add(nextToken);
    const progress = askHandler(scope, version, {
      action: "LIST",
      key: `${token} list ${nextToken ?? ""}`,
      properties: {},
      ...(nextToken !== undefined && { nextToken }),
    });
    if (progress.state === "busy") return waiting(progress);
    if (progress.status === "FAILED") return failure(progress, token);
    for (const model of progress.models ?? []) {
      const id = identifierOf(version, model);
      if (id !== undefined) listed.set(id, model);
    }
    nextToken = progress.nextToken;
    if (nextToken === undefined) break;
  }
  const looks = [...listed].map(([id, model]) => observe(scope, version, token, id, model));
  const unfinished = looks.find(({ state }) => state === "busy");
  if (unfinished !== undefined) return unfinished;
  const there = [...listed.keys()].filter((id) => privateResources.get(scope, rowId(version.typeName, id)) !== undefined);
  privateListings.put(scope, { id: version.typeName, identifiers: there });
  return { state: "done", id: "" };
}

interface Asking {
  readonly action: Action;
  readonly key: string;
  readonly properties: JsonObject;
  readonly previous?: JsonObject;
  readonly nextToken?: string;
  readonly request?: ResourceRequest;
}

const MINUTE = 60_000;
const TIMEOUT_MINUTES = 120;

export const hasHandler = ({ schema }: TypeVersion, verb: string): boolean =>
  isObject(schema["handlers"]) && isObject(schema["handlers"][verb]);

export function askHandler(
  scope: Scope,
  version: TypeVersion,
  { action, key, properties, previous, nextToken, request }: Asking,
): HandlerProgress {
  const { typeName, schema } = version;
  const verb = action.toLowerCase();
  if (!hasHandler(version, verb))
    return {
      state: "done",
      status: "FAILED",
      code: "UnsupportedAction",
      message: `Resource type ${typeName} does not support ${action} action`,
    };
  const configuration = resolvedConfiguration(scope, configurationOf(scope, { kind: "RESOURCE", typeName })?.configuration ?? {});
  if (configuration.state === "busy") return { state: "busy", because: configuration.because };
  if (configuration.state === "error")
    return { state: "done", status: "FAILED", code: "InvalidTypeConfiguration", message: configuration.message };
  const minutes = Number(((schema["handlers"] as JsonObject)[verb] as JsonObject)["timeoutInMinutes"] ?? TIMEOUT_MINUTES);
  const tags = Object.fromEntries((request?.tags ?? []).map(({ Key, Value }) => [Key, Value]));
  return callHandler(scope, {
    key: `${typeName} ${action} ${key}`,
    to: { arn: packageArn(scope, version), version },
    credentials: { at: ["requestData/callerCredentials", "requestData/providerCredentials"], as: "object" },
    timeoutMs: minutes * MINUTE,
    retries: true,
    statusIn: "status",
    payload: ({ token, callbackContext, model }) => ({
      awsAccountId: scope.account,
      bearerToken: token,
      region: scope.region,
      action,
      responseEndpoint: scope.settings.endpoint,
      resourceType: typeName,
      resourceTypeVersion: version.version,
      callbackContext,
      nextToken: nextToken ?? null,
      stackId: request?.stackId ?? "",
      requestData: {
        resourceProperties: model ?? properties,
        ...(previous && { previousResourceProperties: previous }),
        logicalResourceId: request?.logicalId ?? "",
        providerLogGroupName: version.logging?.group ?? null,
        systemTags: systemTags(request),
        stackTags: tags,
        previousStackTags: tags,
        typeConfiguration: configuration.value,
      },
    }),
  });
}

const systemTags = (request: ResourceRequest | undefined): JsonObject =>
  request === undefined || request.stackId === ""
    ? {}
    : {
        "aws:cloudformation:stack-id": request.stackId,
        "aws:cloudformation:stack-name": request.stackId.split("/")[1] ?? "",
        "aws:cloudformation:logical-id": request.logicalId,
      };

const waiting = ({ because, wakeAt }: Extract<HandlerProgress, { state: "busy" }>): Extract<Progress, { state: "busy" }> => ({
  state: "busy",
  because,
  ...(wakeAt !== undefined && { wakeAt }),
});

/** In the words by which CloudFormation tells of a handler's failure. */
const failure = (
  { code = "InternalFailure", message }: { code?: string; message?: string },
  token: string,
): Extract<Progress, { state: "failed" }> => ({
  state: "failed",
  code,
  reason: `Resource handler returned message: "${message ?? code}" (RequestToken: ${idsFrom(`request ${token}`).uuid()}, HandlerErrorCode: ${code})`,
});
