import { parseArn } from "../../kernel/arn.ts";
import type { Scope } from "../../kernel/scope.ts";
import type {
  Architecture,
  CreateFunctionRequest,
  LoggingConfig,
  Runtime,
  TracingMode,
  UpdateFunctionConfigurationRequest,
} from "../../sdk/lambda.js";
import { passRoleRefusal } from "../iam/api.ts";
import { type UsedLayer, usedLayers } from "./layer.ts";
import { invalid, notImplemented, violation } from "./refusal.ts";
import { checkRuntime } from "./runtime.ts";

/** What a function is made of besides its code, in the API's names: the settings that a version freezes. */
export interface Configuration {
  readonly Runtime: Runtime;
  readonly Handler: string;
  readonly Role: string;
  readonly Description: string;
  /** seconds */
  readonly Timeout: number;
  /** MB */
  readonly MemorySize: number;
  readonly Variables?: Readonly<Record<string, string>>;
  readonly DeadLetterArn?: string;
  readonly KMSKeyArn?: string;
  readonly TracingMode: TracingMode;
  readonly Layers?: readonly UsedLayer[];
  readonly Architectures: readonly Architecture[];
  /** MB */
  readonly EphemeralStorage: number;
  readonly LoggingConfig?: LoggingConfig;
}

/** What a caller says of a configuration; what is not said stays. */
export type ConfigurationChange = Omit<UpdateFunctionConfigurationRequest, "FunctionName" | "RevisionId"> &
  Partial<Pick<CreateFunctionRequest, "Architectures" | "PackageType" | "CodeSigningConfigArn" | "TenancyConfig">>;

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html: what holds where nothing is said. */
export const DEFAULTS = {
  Description: "",
  Timeout: 3,
  MemorySize: 128,
  TracingMode: "PassThrough",
  Architectures: ["x86_64"],
  EphemeralStorage: 512,
} as const satisfies Partial<Configuration>;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED_VARIABLES =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_DEFAULT_REGION|AWS_REGION|AWS_LAMBDA_(FUNCTION_NAME|FUNCTION_MEMORY_SIZE|FUNCTION_VERSION|INITIALIZATION_TYPE|LOG_GROUP_NAME|LOG_STREAM_NAME|RUNTIME_API)|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;
/** bytes */
const VARIABLES_MAX = 4096;

/** The configuration after a change, in its smallest form: what is empty is absent, so that equal ones compare as equal. */
export function configured(scope: Scope, before: Partial<Configuration>, change: ConfigurationChange): Configuration {
  const { Runtime: runtime = before.Runtime, Handler = before.Handler, Role = before.Role } = change;
  if (runtime === undefined) return invalid("Runtime is mandatory for functions created with deployment packages.");
  if (Handler === undefined) return invalid("Handler is mandatory for functions created with deployment packages.");
  if (Role === undefined) return invalid("Role is mandatory for functions.");
  const Variables = change.Environment === undefined ? before.Variables : change.Environment.Variables;
  const DeadLetterArn = change.DeadLetterConfig === undefined ? before.DeadLetterArn : change.DeadLetterConfig.TargetArn;
  const KMSKeyArn = change.KMSKeyArn ?? before.KMSKeyArn;
  const Layers = change.Layers === undefined ? before.Layers : usedLayers(scope, change.Layers);
  const logging = change.LoggingConfig ?? before.LoggingConfig;
  return {
    Runtime: runtime,
    Handler,
    Role,
    Description: change.Description ?? before.Description ?? DEFAULTS.Description,
    Timeout: change.Timeout ?? before.Timeout ?? DEFAULTS.Timeout,
    MemorySize: change.MemorySize ?? before.MemorySize ?? DEFAULTS.MemorySize,
    TracingMode: change.TracingConfig?.Mode ?? before.TracingMode ?? DEFAULTS.TracingMode,
    Architectures: change.Architectures ?? before.Architectures ?? DEFAULTS.Architectures,
    EphemeralStorage: change.EphemeralStorage?.Size ?? before.EphemeralStorage ?? DEFAULTS.EphemeralStorage,
    ...(Variables !== undefined && Object.keys(Variables).length > 0 && { Variables }),
    ...(DeadLetterArn && { DeadLetterArn }),
    ...(KMSKeyArn && { KMSKeyArn }),
    ...(Layers !== undefined && Layers.length > 0 && { Layers }),
    ...(logging !== undefined && Object.keys(logging).length > 0 && { LoggingConfig: logging }),
  };
}

/** Refuse what Lambda would not take. */
export function checkConfiguration(scope: Scope, wanted: Configuration): void {
  checkRuntime(wanted.Runtime);
  checkRange("timeout", wanted.Timeout, 1, 900);
  checkRange("memorySize", wanted.MemorySize, 128, 10_240);
  checkRange("ephemeralStorage.size", wanted.EphemeralStorage, 512, 10_240);
  checkVariables(wanted.Variables ?? {});
  checkRole(scope, wanted.Role);
  const target = wanted.DeadLetterArn && parseArn(wanted.DeadLetterArn);
  if (wanted.DeadLetterArn !== undefined && (!target || !["sqs", "sns"].includes(target.service)))
    invalid(`The provided dead letter target ${wanted.DeadLetterArn} is not the ARN of an SQS queue or an SNS topic.`);
}

/** Refuse by name what Slipway does not do, rather than forget it. */
export function refuseUnsupported(change: ConfigurationChange): void {
  if (change.PackageType === "Image" || change.ImageConfig !== undefined) notImplemented("The package type Image");
  if ((change.VpcConfig?.SubnetIds ?? []).length > 0) notImplemented("VpcConfig");
  if ((change.FileSystemConfigs ?? []).length > 0) notImplemented("FileSystemConfigs");
  if (change.SnapStart?.ApplyOn === "PublishedVersions") notImplemented("SnapStart");
  if (change.CodeSigningConfigArn) notImplemented("CodeSigningConfigArn");
  if (change.TenancyConfig !== undefined) notImplemented("TenancyConfig");
  if (change.CapacityProviderConfig !== undefined) notImplemented("CapacityProviderConfig");
  if (change.DurableConfig !== undefined) notImplemented("DurableConfig");
}

/** The log group that invocations write to. */
export const logGroupOf = (functionName: string, { LoggingConfig: logging }: Configuration): string =>
  logging?.LogGroup ?? `/aws/lambda/${functionName}`;

function checkRole(scope: Scope, role: string): void {
  const refusal = passRoleRefusal(scope, role, "lambda.amazonaws.com");
  if (refusal === undefined) return;
  if (scope.settings.trust === "enforced") invalid(refusal);
  invalid("The role defined for the function cannot be assumed by Lambda.");
}

function checkRange(member: string, value: number, min: number, max: number): void {
  if (value > max) violation(String(value), member, `Member must have value less than or equal to ${max}`);
  if (!(value >= min)) violation(String(value), member, `Member must have value greater than or equal to ${min}`);
}

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.test(name));
  if (reserved.length > 0) {
    invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > VARIABLES_MAX) {
    invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${text}`,
    );
  }
}
