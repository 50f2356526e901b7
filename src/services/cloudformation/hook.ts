import type { Scope } from "../../kernel/scope.ts";
import {
  fitsTarget,
  type HookAction,
  type HookConfiguration,
  passesStack,
  passesTargets,
  readHookConfiguration,
  type TargetOperation,
  textsIn,
} from "./hook-configuration.ts";
import { LAMBDA_HOOK } from "./lambda-hook.ts";
import { typeArn, types } from "./type.ts";
import { configurationOf } from "./type-configuration.ts";
import { defaultVersionOf, type TypeVersion } from "./type-version.ts";
import { isObject } from "./value.ts";

/** A hook that this account has, and how it wants it to be used. */
export interface Hook {
  readonly typeName: string;
  readonly arn: string;
  readonly originalTypeName: string;
  readonly version: TypeVersion;
  readonly configuration: HookConfiguration;
  readonly configurationVersion: string;
}

/** What a hook looks at before it happens. */
export interface HookSubject {
  readonly operation: TargetOperation;
  /** The type of a resource, or STACK or CHANGE_SET. */
  readonly name: string;
  readonly action: HookAction;
  readonly stack?: { readonly name: string; readonly roleArn?: string };
}

/** The hooks that are asked about something, in the order of their names. */
export const hooksFor = (scope: Scope, subject: HookSubject): Hook[] => enabledHooks(scope).filter((hook) => isAsked(hook, subject));

function enabledHooks(scope: Scope): Hook[] {
  return types.list(scope, "HOOK/").flatMap((type) => {
    const configuration = type.status === "LIVE" ? configurationOf(scope, type) : undefined;
    const read = configuration && readHookConfiguration(configuration.configuration);
    if (!read?.isEnabled) return [];
    return {
      typeName: type.typeName,
      arn: typeArn(scope, type),
      originalTypeName: type.activation?.originalTypeName ?? type.typeName,
      version: defaultVersionOf(scope, type),
      configuration: read,
      configurationVersion: String(configuration!.version).padStart(8, "0"),
    };
  });
}

function isAsked({ configuration, version, originalTypeName }: Hook, { operation, name, action, stack }: HookSubject): boolean {
  if (!configuration.targetOperations.includes(operation)) return false;
  const isResource = operation === "RESOURCE" || operation === "CLOUD_CONTROL";
  if (originalTypeName !== LAMBDA_HOOK && !targetsOf(version, action).some((pattern) => fitsTarget(pattern, name))) return false;
  if (isResource && !passesTargets(configuration, name, action)) return false;
  if (
    !isResource &&
    textsIn(configuration.targetFilters["Actions"]).length > 0 &&
    !passesTargets(withoutNames(configuration), name, action)
  )
    return false;
  return stack === undefined || passesStack(configuration, stack);
}

/** Names of resource types do not choose among stacks. */
const withoutNames = (configuration: HookConfiguration): HookConfiguration => ({
  ...configuration,
  targetFilters: { Actions: configuration.targetFilters["Actions"]! },
});

const HANDLERS = { CREATE: "preCreate", UPDATE: "preUpdate", DELETE: "preDelete" } as const;

/** What the hook's own schema says that it looks at. */
function targetsOf({ schema }: TypeVersion, action: HookAction): string[] {
  const { handlers } = schema;
  const handler = isObject(handlers) ? handlers[HANDLERS[action]] : undefined;
  return isObject(handler) ? textsIn(handler["targetNames"]) : [];
}
