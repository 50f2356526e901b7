import { fault } from "../../kernel/fault.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { CFNRegistryException } from "../../sdk/cloudformation.js";
import { type ExtensionType, readTypeArn, typeArn, types } from "./type.ts";
import { activate, deactivate } from "./type-activation.ts";
import { configurationOf, configure } from "./type-configuration.ts";
import { asText, isObject, type JsonObject } from "./value.ts";

/** The hook of AWS's own that asks a function; an account gives it a name of its own for each use. */
export const LAMBDA_HOOK = "AWS::Hooks::LambdaHook";
export const AWS_HOOKS = "aws-hooks";

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/lambda-hooks.html */
export const lambdaHookExtension: { readonly schema: JsonObject; readonly configurationSchema: JsonObject } = {
  schema: { typeName: LAMBDA_HOOK, description: "Asks a Lambda function before something is provisioned", additionalProperties: false },
  configurationSchema: {
    additionalProperties: false,
    properties: { LambdaFunction: { type: "string", description: "The function to be asked" } },
    required: ["LambdaFunction"],
  },
};

const TYPE = "AWS::CloudFormation::LambdaHook";
const ALIAS = /^(?!aws)[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}$/i;

/** A name, a version or an alias of a function, as the ARN that it is asked by. */
const functionArn = (scope: Scope, text: string): string => (text.startsWith("arn:") ? text : scope.arn("lambda", `function:${text}`));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-lambdahook.html */
export const lambdaHook: ResourceType<JsonObject> = {
  type: TYPE,
  ensure(scope, declared, id) {
    const alias = String(declared["Alias"]);
    return attempt(
      scope,
      () => {
        if (!ALIAS.test(alias)) fault(CFNRegistryException, `The alias ${alias} does not match the pattern ${ALIAS.source}`);
        const known = types.get(scope, `HOOK/${alias}`);
        if (id === undefined && known?.status === "LIVE") return alreadyExists(TYPE, typeArn(scope, known));
        const logging = declared["LoggingConfig"];
        const type = activate(scope, {
          Type: "HOOK",
          TypeName: LAMBDA_HOOK,
          PublisherId: AWS_HOOKS,
          TypeNameAlias: alias,
          AutoUpdate: declared["AutoUpdate"] !== false,
          ExecutionRoleArn: asText(declared["ExecutionRole"]),
          ...(isObject(logging) && {
            LoggingConfig: { LogRoleArn: asText(logging["LogRoleArn"]), LogGroupName: asText(logging["LogGroupName"]) },
          }),
        });
        configure(scope, type, JSON.stringify(configurationFrom(scope, declared)));
        return typeArn(scope, type);
      },
      id,
    );
  },
  read(scope, id) {
    const type = found(scope, id);
    const configuration = type && configurationOf(scope, type)?.configuration;
    const outer = configuration?.["CloudFormationConfiguration"];
    const hook = isObject(outer) ? outer["HookConfiguration"] : undefined;
    if (type === undefined || !isObject(hook)) return undefined;
    const { executionRoleArn, logging } = type.activation!;
    const properties = isObject(hook["Properties"]) ? hook["Properties"] : {};
    const { TargetFilters, StackFilters } = hook;
    return {
      Alias: type.typeName,
      HookArn: id,
      HookStatus: hook["HookInvocationStatus"]!,
      TargetOperations: hook["TargetOperations"]!,
      FailureMode: hook["FailureMode"]!,
      LambdaFunction: properties["LambdaFunction"]!,
      ExecutionRole: executionRoleArn!,
      ...(TargetFilters !== undefined && { TargetFilters }),
      ...(StackFilters !== undefined && { StackFilters }),
      ...(logging && { LoggingConfig: { LogRoleArn: logging.roleArn, LogGroupName: logging.group } }),
    };
  },
  remove(scope, id) {
    const type = found(scope, id);
    if (type !== undefined) deactivate(scope, type);
    return { state: "done", id };
  },
};

function found(scope: Scope, arn: string): ExtensionType | undefined {
  const parsed = readTypeArn(arn);
  return types
    .list(scope, "HOOK/")
    .find(({ typeName, activation }) => activation?.originalTypeName === LAMBDA_HOOK && typeName.replaceAll("::", "-") === parsed?.dashed);
}

function configurationFrom(
  scope: Scope,
  { HookStatus, TargetOperations, FailureMode, LambdaFunction, TargetFilters, StackFilters }: JsonObject,
): JsonObject {
  const HookConfiguration: JsonObject = {
    HookInvocationStatus: HookStatus ?? "ENABLED",
    TargetOperations: TargetOperations ?? ["RESOURCE"],
    FailureMode: FailureMode ?? "WARN",
    Properties: { LambdaFunction: functionArn(scope, String(LambdaFunction)) },
    ...(TargetFilters !== undefined && { TargetFilters }),
    ...(StackFilters !== undefined && { StackFilters }),
  };
  return { CloudFormationConfiguration: { HookConfiguration } };
}
