import { present, sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { aliases, putAlias } from "./alias.ts";
import { sha256Of } from "./code.ts";
import { requireFunction } from "./function.ts";
import { removeVersion } from "./function-change.ts";
import { functionArn } from "./name.ts";
import { conflict } from "./refusal.ts";
import { forgetFunction, functionNoted, noteFunction } from "./resource-reference.ts";
import { checkSha256, publish, unchangedVersion, versions } from "./version.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is its ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html */
export const versionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Version",
  absent: {
    FunctionScalingConfig: [],
    ProvisionedConcurrencyConfig: [],
    "RuntimePolicy/RuntimeVersionArn": [],
    "RuntimePolicy/UpdateRuntimeOn": ["Auto"],
  },
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      if (id !== undefined) return id;
      const { fn, scope: home } = requireFunction(scope, declared["FunctionName"]);
      checkSha256(fn, declared["CodeSha256"]);
      const unchanged = unchangedVersion(home, fn);
      if (unchanged !== undefined)
        conflict(`A version for this Lambda function exists ( ${unchanged.number} ). Modify the function to create a new version.`);
      const arn = functionArn(home, fn.id, String(publish(home, fn, declared["Description"]).number));
      return noteFunction(scope, arn, declared["FunctionName"]);
    }),
  read(scope, id) {
    const version = versions.get(scope, rowIdOf(id));
    if (version === undefined) return undefined;
    const { functionName, number, description, configuration, code } = version;
    return present({
      FunctionName: functionNoted(scope, id) ?? functionName,
      Version: String(number),
      FunctionArn: id,
      Description: description ?? (configuration.Description || undefined),
      CodeSha256: sha256Of(code),
      RuntimePolicy: { UpdateRuntimeOn: "Auto" },
    });
  },
  remove: (scope, id) =>
    attempt(
      scope,
      () => {
        const version = versions.get(scope, rowIdOf(id));
        if (version !== undefined) removeVersion(scope, version.functionName, String(version.number));
        return forgetFunction(scope, id);
      },
      id,
    ),
  list: (scope) => versions.list(scope).map(({ id }) => scope.arn("lambda", `function:${id}`)),
};

/**
 * Its id is its ARN. An update under the policy CodeDeployLambdaAliasUpdate is CodeDeploy's affair.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html
 */
export const aliasResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Alias",
  absent: { ProvisionedConcurrencyConfig: [] },
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
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
      return noteFunction(scope, functionArn(home, fn.id, name), declared["FunctionName"]);
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
      FunctionName: functionNoted(scope, id) ?? alias.functionName,
      Name: alias.name,
      FunctionVersion: alias.version,
      ...(alias.description !== "" && { Description: alias.description }),
      ...(AdditionalVersionWeights.length > 0 && { RoutingConfig: { AdditionalVersionWeights } }),
    };
  },
  remove(scope, id) {
    aliases.remove(scope, rowIdOf(id));
    return { state: "done", id: forgetFunction(scope, id) };
  },
  list: (scope) => aliases.list(scope).map(({ id }) => scope.arn("lambda", `function:${id}`)),
};

/** The row id at the end of an ARN: `shop:live`. */
const rowIdOf = (arn: string): string => arn.split(":").slice(6).join(":");
