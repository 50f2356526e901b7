import type { Context } from "./context.ts";
import { asSection, hasMember, isList, isSection, isText, isTruthy, type Section, type Value } from "./draft.ts";
import { isIntrinsic } from "./intrinsic.ts";
import { Invalid, invalidResource, refuse } from "./invalid.ts";
import { literal } from "./python.ts";
import { exactCopy, isMarked, mark, membersOf, noMarks } from "./python-marks.ts";
import { copied } from "./python-order.ts";
import { typeOf } from "./serverless-type.ts";
import { isPlain } from "./types.ts";

const names = (text: string): string[] => text.trim().split(/\s+/);

/** What may stand in each section of Globals. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Function: names(`Handler Runtime CodeUri DeadLetterQueue Description MemorySize Timeout VpcConfig Environment Tags PropagateTags Tracing
    KmsKeyArn AutoPublishAlias AutoPublishAliasAllProperties Layers DeploymentPreference RolePath PermissionsBoundary
    ReservedConcurrentExecutions ProvisionedConcurrencyConfig AssumeRolePolicyDocument EventInvokeConfig FileSystemConfigs
    CodeSigningConfigArn Architectures SnapStart EphemeralStorage FunctionUrlConfig RuntimeManagementConfig LoggingConfig RecursiveLoop
    SourceKMSKeyArn TenancyConfig DurableConfig CapacityProviderConfig FunctionScalingConfig PublishToLatestPublished
    VersionDeletionPolicy`),
  Api: names(`Auth Name DefinitionUri CacheClusterEnabled CacheClusterSize MergeDefinitions Variables EndpointConfiguration MethodSettings
    BinaryMediaTypes MinimumCompressionSize Cors GatewayResponses AccessLogSetting CanarySetting TracingEnabled OpenApiVersion Domain
    AlwaysDeploy PropagateTags SecurityPolicy EndpointAccessMode`),
  HttpApi: names(`Auth AccessLogSettings StageVariables Tags CorsConfiguration DefaultRouteSettings Domain RouteSettings FailOnWarnings
    PropagateTags`),
  SimpleTable: ["SSESpecification"],
  StateMachine: ["PropagateTags"],
  LayerVersion: ["PublishLambdaVersion"],
  CapacityProvider: names("VpcConfig OperatorRole Tags InstanceRequirements ScalingConfig KmsKeyArn PropagateTags"),
  WebSocketApi: names(`AccessLogSettings ApiKeySelectionExpression DefaultRouteSettings DisableExecuteApiEndpoint DisableSchemaValidation
    Domain FailOnWarnings IpAddressType PropagateTags RouteSelectionExpression RouteSettings StageVariables Tags`),
};

/**
 * What is said once for all resources of a type goes into each of them. After the implicit APIs, because they take part.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
 */
export function mergeGlobals({ declared }: Context): Invalid[] {
  if (hasMember(declared, "Globals")) checkGlobals(declared["Globals"]);
  const globals = asSection(declared["Globals"]);
  for (const [id, resource] of Object.entries(asSection(declared["Resources"]))) {
    const type = typeOf(resource);
    if (!isPlain(type) || !isSection(resource)) continue;
    const general = globals[type.replace("AWS::Serverless::", "")];
    const own = resource["Properties"] ?? {};
    resource["Properties"] = isSection(general) ? merged(exactCopy(wanted(general, resource["IgnoreGlobals"], id)), own) : own;
  }
  delete declared["Globals"];
  return [];
}

const invalidGlobals = (message: string): never => refuse(new Invalid("resource", `'Globals' section is invalid. ${message}`, "Globals"));

function checkGlobals(globals: Value): void {
  if (!isSection(globals)) return invalidGlobals("It must be a non-empty dictionary");
  for (const [section, properties] of Object.entries(globals)) {
    const supported = Object.hasOwn(SECTIONS, section) ? SECTIONS[section]! : undefined;
    if (supported === undefined) {
      const all = literal(Object.keys(SECTIONS).sort());
      return invalidGlobals(`'${section}' is not supported. Must be one of the following values - ${all}`);
    }
    // The message has its place-holder unfilled in SAM, too.
    if (!isSection(properties)) return invalidGlobals("Value of ${section} must be a dictionary");
    const unknown = Object.keys(properties).find((name) => !supported.includes(name));
    if (unknown === undefined) continue;
    const all = literal([...supported]);
    invalidGlobals(`'${unknown}' is not a supported property of '${section}'. Must be one of the following values - ${all}`);
  }
}

/** The globals that a resource does not turn away by IgnoreGlobals. */
function wanted(general: Section, ignored: Value, id: string): Section {
  const wrong = (rest: string): never =>
    refuse(invalidResource(id, `Resource ${id} has invalid resource attribute 'IgnoreGlobals'${rest}.`));
  if (!isTruthy(ignored)) return general;
  if (ignored === "*") return {};
  if (!isList(ignored)) return wrong("");
  const kept = exactCopy(general);
  for (const name of ignored) {
    if (!isText(name) || !Object.hasOwn(kept, name)) return wrong(` on item '${isText(name) ? name : literal(name)}'`);
    delete kept[name];
  }
  return kept;
}

/** Maps are merged and lists joined, globals first; of anything else, the resource's own counts. A function is no map. */
function merged(general: Value, own: Value): Value {
  if (isList(general) && isList(own)) return [...general, ...own];
  if (!isSection(general) || !isSection(own) || [general, own].some(isIntrinsic)) return own;
  const all: Section = Object.fromEntries(membersOf(general));
  if (isMarked(general)) mark(all, { ...noMarks(), changes: copied(Object.keys(all)) });
  for (const [name, value] of membersOf(own)) all[name] = Object.hasOwn(all, name) ? merged(all[name], value) : value;
  return all;
}
