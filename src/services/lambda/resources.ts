import { sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { aliases, putAlias } from "./alias.ts";
import { type Code, takeCode } from "./code.ts";
import { reserveConcurrency } from "./concurrency.ts";
import { checkConfiguration, configured, refuseUnsupported } from "./configuration.ts";
import { declaredConfiguration, liveConfiguration } from "./declared.ts";
import { eventInvokeConfigs, putEventInvokeConfig } from "./event-invoke-config.ts";
import { changeFunction, functions, requireFunction } from "./function.ts";
import { addFunction, removeFunction, removeVersion } from "./function-change.ts";
import { inlineArchive } from "./inline.ts";
import { layerVersionArn, layerVersions, publishLayer } from "./layer.ts";
import { functionArn, LATEST, referenceOf } from "./name.ts";
import { addPermission, policyWith, removeStatement } from "./permission.ts";
import { requireQualified } from "./qualifier.ts";
import { conflict, invalid, notImplemented } from "./refusal.ts";
import { addressOf, putUrl, removeUrl, urlKey, urls } from "./url.ts";
import { checkSha256, publish, unchangedVersion, versions } from "./version.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is its name. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
const functionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Function",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["FunctionName"] ?? generatedName.slice(-64);
      const known = functions.get(scope, name);
      if (known !== undefined && id === undefined) conflict(`Function already exist: ${name}`);
      const change = declaredConfiguration(declared);
      refuseUnsupported(change);
      if (declared["FunctionScalingConfig"] !== undefined) notImplemented("FunctionScalingConfig");
      if ((declared["RuntimeManagementConfig"]?.UpdateRuntimeOn ?? "Auto") !== "Auto") notImplemented("RuntimeManagementConfig");
      const configuration = configured(scope, {}, change);
      checkConfiguration(scope, configuration);
      const code = declaredCode(scope, configuration.Runtime, declared["Code"]);
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      const fn = known ?? addFunction(scope, name, { configuration, code, tags: allTags });
      changeFunction(scope, fn, { configuration, code });
      const reserved = declared["ReservedConcurrentExecutions"];
      if (reserved !== undefined) reserveConcurrency(scope, name, Number(reserved));
      functions.patch(scope, name, { tags: allTags, ...(reserved === undefined && { reservedConcurrency: undefined }) });
      return name;
    }),
  read(scope, id) {
    const fn = functions.get(scope, id);
    if (fn === undefined) return undefined;
    return {
      FunctionName: id,
      Arn: functionArn(scope, id),
      ...liveConfiguration(id, fn.configuration),
      ...(fn.reservedConcurrency !== undefined && { ReservedConcurrentExecutions: fn.reservedConcurrency }),
      ...(Object.keys(fn.tags).length > 0 && { Tags: tagList(fn.tags) }),
    };
  },
  remove(scope, id) {
    removeFunction(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: functionArn(scope, id) }),
};

/** Its id is its ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html */
const versionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Version",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      refuseProvisionedConcurrency(declared);
      if (id !== undefined) return id;
      const { fn, scope: home } = requireFunction(scope, declared["FunctionName"]);
      checkSha256(fn, declared["CodeSha256"]);
      const unchanged = unchangedVersion(home, fn);
      if (unchanged !== undefined)
        conflict(`A version for this Lambda function exists ( ${unchanged.number} ). Modify the function to create a new version.`);
      return functionArn(home, fn.id, String(publish(home, fn, declared["Description"]).number));
    }),
  read(scope, id) {
    const version = versions.get(scope, rowIdOf(id));
    if (version === undefined) return undefined;
    const { functionName, number, description, configuration } = version;
    return { FunctionName: functionName, Version: String(number), FunctionArn: id, Description: description ?? configuration.Description };
  },
  remove: (scope, id) =>
    attempt(
      scope,
      () => {
        const version = versions.get(scope, rowIdOf(id));
        if (version !== undefined) removeVersion(scope, version.functionName, String(version.number));
        return id;
      },
      id,
    ),
  attributes: (_scope, id) => ({ Version: id.split(":").at(-1), FunctionArn: id }),
};

/**
 * Its id is its ARN. An update under the policy CodeDeployLambdaAliasUpdate is CodeDeploy's affair.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html
 */
const aliasResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Alias",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      refuseProvisionedConcurrency(declared);
      const { fn, scope: home } = requireFunction(scope, declared["FunctionName"]);
      const name: string = declared["Name"];
      const rowId = `${fn.id}:${name}`;
      const known = aliases.get(home, rowId);
      if (known !== undefined && id === undefined) conflict(`Alias already exists: ${functionArn(home, fn.id, name)}`);
      const weights: Properties[] = declared["RoutingConfig"]?.AdditionalVersionWeights ?? [];
      const wanted = {
        id: rowId,
        functionName: fn.id,
        name,
        version: String(declared["FunctionVersion"]),
        weights: Object.fromEntries(weights.map((weight) => [String(weight["FunctionVersion"]), Number(weight["FunctionWeight"])])),
        description: declared["Description"] ?? "",
      };
      if (known === undefined || !sameJson({ ...known, ...wanted }, known)) putAlias(home, wanted);
      return functionArn(home, fn.id, name);
    }),
  read(scope, id) {
    const alias = aliases.get(scope, rowIdOf(id));
    if (alias === undefined) return undefined;
    const AdditionalVersionWeights = Object.entries(alias.weights).map(([FunctionVersion, FunctionWeight]) => ({
      FunctionVersion,
      FunctionWeight,
    }));
    return {
      AliasArn: id,
      FunctionName: alias.functionName,
      Name: alias.name,
      FunctionVersion: alias.version,
      ...(alias.description !== "" && { Description: alias.description }),
      ...(AdditionalVersionWeights.length > 0 && { RoutingConfig: { AdditionalVersionWeights } }),
    };
  },
  remove(scope, id) {
    aliases.remove(scope, rowIdOf(id));
    return { state: "done", id };
  },
  attributes: (_scope, id) => ({ AliasArn: id }),
};

/** Its id is that of its statement. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html */
const permissionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Permission",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const StatementId = id ?? generatedName.slice(-100);
      const known = policyWith(scope, StatementId);
      if (known !== undefined) removeStatement(scope, known, StatementId);
      const { InvokedViaFunctionUrl: viaUrl, ...said } = declared;
      addPermission.handle(scope, {
        ...said,
        StatementId,
        ...(viaUrl !== undefined && { InvokedViaFunctionUrl: String(viaUrl) === "true" }),
      } as never);
      return StatementId;
    }),
  read(scope, id) {
    const policy = policyWith(scope, id);
    const statement = policy?.statements.find(({ Sid }) => Sid === id);
    if (statement === undefined) return undefined;
    const { Action, Principal, Resource, Condition = {} } = statement;
    return {
      Id: id,
      FunctionName: Resource,
      Action,
      Principal: typeof Principal === "string" ? Principal : Object.values(Principal)[0],
      ...(Condition["ArnLike"] && { SourceArn: Condition["ArnLike"]["AWS:SourceArn"] }),
      ...(Condition["StringEquals"]?.["AWS:SourceAccount"] && { SourceAccount: Condition["StringEquals"]["AWS:SourceAccount"] }),
      ...(Condition["Bool"] && { InvokedViaFunctionUrl: Condition["Bool"]["lambda:InvokedViaFunctionUrl"] === "true" }),
      ...(Condition["StringEquals"]?.["lambda:FunctionUrlAuthType"] && {
        FunctionUrlAuthType: Condition["StringEquals"]["lambda:FunctionUrlAuthType"],
      }),
    };
  },
  remove(scope, id) {
    const policy = policyWith(scope, id);
    if (policy !== undefined) removeStatement(scope, policy, id);
    return { state: "done", id };
  },
  attributes: (_scope, id) => ({ Id: id }),
};

/** Its id is the ARN that it calls. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html */
const urlResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Url",
  ensure(scope, declared, id) {
    let arn = "";
    const progress = attempt(
      scope,
      () => {
        const qualified = requireQualified(scope, declared["TargetFunctionArn"], declared["Qualifier"]);
        const { scope: home, fn, qualifier } = qualified;
        arn = functionArn(home, fn.id, qualifier);
        const known = urls.get(home, urlKey(fn.id, qualifier));
        const { AuthType, Cors = {}, InvokeMode } = declared;
        const isSame =
          known !== undefined && sameJson([known.authType, known.cors ?? {}, known.invokeMode], [AuthType, Cors, InvokeMode ?? "BUFFERED"]);
        if (!isSame) putUrl(qualified, { AuthType, Cors, InvokeMode: InvokeMode ?? "BUFFERED" }, known);
        return arn;
      },
      id,
    );
    if (progress.state !== "done" || urlAddress(scope, arn) !== undefined) return progress;
    return { state: "busy", id: arn, because: "the port of the function URL is not open yet" };
  },
  read(scope, id) {
    const url = urls.get(scope, urlIdOf(id));
    if (url === undefined) return undefined;
    return {
      FunctionArn: id,
      FunctionUrl: urlAddress(scope, id),
      TargetFunctionArn: functionArn(scope, url.functionName),
      AuthType: url.authType,
      InvokeMode: url.invokeMode,
      ...(url.qualifier !== undefined && { Qualifier: url.qualifier }),
      ...(url.cors && { Cors: url.cors }),
    };
  },
  remove(scope, id) {
    const url = urls.get(scope, urlIdOf(id));
    if (url !== undefined) removeUrl(scope, url);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ FunctionArn: id, FunctionUrl: urlAddress(scope, id) }),
};

/** Its id is function and qualifier: `shop|live`. */
const eventInvokeConfigResource: ResourceType<Properties> = {
  type: "AWS::Lambda::EventInvokeConfig",
  ensure: (scope, declared) =>
    attempt(scope, () => {
      const qualified = requireQualified(scope, declared["FunctionName"], declared["Qualifier"]);
      const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age, DestinationConfig } = declared;
      putEventInvokeConfig(qualified, {
        ...(retries !== undefined && { MaximumRetryAttempts: Number(retries) }),
        ...(age !== undefined && { MaximumEventAgeInSeconds: Number(age) }),
        DestinationConfig: DestinationConfig ?? {},
      });
      return `${qualified.fn.id}|${declared["Qualifier"]}`;
    }),
  read(scope, id) {
    const config = eventInvokeConfigs.get(scope, id.replace("|", ":"));
    if (config === undefined) return undefined;
    const [FunctionName, Qualifier] = id.split("|");
    return {
      FunctionName,
      Qualifier,
      ...(config.maximumRetryAttempts !== undefined && { MaximumRetryAttempts: config.maximumRetryAttempts }),
      ...(config.maximumEventAgeSeconds !== undefined && { MaximumEventAgeInSeconds: config.maximumEventAgeSeconds }),
      DestinationConfig: {
        ...(config.onSuccess && { OnSuccess: { Destination: config.onSuccess } }),
        ...(config.onFailure && { OnFailure: { Destination: config.onFailure } }),
      },
    };
  },
  remove(scope, id) {
    eventInvokeConfigs.remove(scope, id.replace("|", ":"));
    return { state: "done", id };
  },
};

/** Its id is its ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html */
const layerVersionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::LayerVersion",
  ensure: (scope, declared, id, { logicalId }) =>
    attempt(scope, () => {
      if (id !== undefined) return id;
      const said = { ...declared, LayerName: declared["LayerName"] ?? logicalId };
      return layerVersionArn(scope, publishLayer(scope, said, takeCode(scope, declared["Content"], "PublishLayerVersion")));
    }),
  read(scope, id) {
    const version = layerVersions.get(scope, rowIdOf(id));
    if (version === undefined) return undefined;
    const { layer, description, runtimes, architectures, license } = version;
    return {
      LayerVersionArn: id,
      LayerName: layer,
      ...(description !== "" && { Description: description }),
      ...(runtimes.length > 0 && { CompatibleRuntimes: runtimes }),
      ...(architectures.length > 0 && { CompatibleArchitectures: architectures }),
      ...(license !== undefined && { LicenseInfo: license }),
    };
  },
  remove(scope, id) {
    layerVersions.remove(scope, rowIdOf(id));
    return { state: "done", id };
  },
  attributes: (_scope, id) => ({ LayerVersionArn: id }),
};

export const resources = [
  functionResource,
  versionResource,
  aliasResource,
  permissionResource,
  urlResource,
  eventInvokeConfigResource,
  layerVersionResource,
];

/** The code of a function in a template: inline text, or an object in a bucket. */
function declaredCode(scope: Scope, runtime: string, code: Properties = {}): Code {
  const text = code["ZipFile"];
  if (text === undefined) return takeCode(scope, code, "CreateFunction");
  const archive =
    inlineArchive(runtime, String(text)) ??
    invalid(`ZipFile can only be used when Runtime is set to either nodejs or python, not ${runtime}.`);
  return scope.blobs.write(archive);
}

function refuseProvisionedConcurrency(declared: Properties): void {
  if (declared["ProvisionedConcurrencyConfig"] !== undefined) notImplemented("ProvisionedConcurrencyConfig");
}

/** The row id at the end of an ARN: `shop:live`, `tools:3`. */
const rowIdOf = (arn: string): string => arn.split(":").slice(6).join(":");

function urlIdOf(arn: string): string {
  const [name, qualifier = LATEST] = arn.split(":").slice(6);
  return urlKey(name!, qualifier);
}

function urlAddress(scope: Scope, arn: string): string | undefined {
  const { scope: home } = referenceOf(scope, arn);
  const url = urls.get(home, urlIdOf(arn));
  return url && addressOf(home, url);
}
