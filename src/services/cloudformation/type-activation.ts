import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ActivateType$, type ActivateTypeInput, CFNRegistryException, DeactivateType$ } from "../../sdk/cloudformation.js";
import { publicExtension } from "./public-type.ts";
import { type ExtensionType, namedType, noSuchType, typeArn, types } from "./type.ts";
import { forgetConfigurations } from "./type-configuration.ts";
import { loggingOf } from "./type-version.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/registry-public.html */
export const activateType = operation(ActivateType$, (scope, input) => ({ Arn: typeArn(scope, activate(scope, input)) }));

/** Bring a public extension into use in this account and region, or change how it is. */
export function activate(scope: Scope, input: ActivateTypeInput): ExtensionType {
  const { TypeNameAlias, VersionBump: bump, MajorVersion, AutoUpdate = true, ExecutionRoleArn, LoggingConfig } = input;
  if (bump !== undefined && MajorVersion !== undefined)
    fault(CFNRegistryException, "You can specify MajorVersion or VersionBump, but not both.");
  const newest = publicExtension(scope, { ...input, ...(MajorVersion !== undefined && { majorVersion: String(MajorVersion) }) });
  const typeName = TypeNameAlias ?? newest.typeName;
  const known = types.get(scope, `${newest.kind}/${typeName}`);
  if (known?.status === "LIVE" && known.activation === undefined)
    fault(CFNRegistryException, `Type '${typeName}' is already registered in this account. Specify a TypeNameAlias.`);
  if (scope.registry.resource(typeName) !== undefined) fault(CFNRegistryException, `The type name '${typeName}' is reserved.`);
  const { kind, publisherId, typeName: originalTypeName } = newest;
  const [majorVersion] = known?.status === "LIVE" && bump === "MINOR" ? known.defaultVersion.split(".") : [];
  const chosen =
    majorVersion === undefined
      ? newest
      : publicExtension(scope, { Type: kind, TypeName: originalTypeName, PublisherId: publisherId, majorVersion });
  return types.put(scope, {
    id: `${kind}/${typeName}`,
    kind,
    typeName,
    status: "LIVE",
    defaultVersion: chosen.version,
    lastVersion: 0,
    createdAt: scope.clock.now(),
    activation: {
      publisherId,
      originalTypeName,
      autoUpdate: AutoUpdate,
      ...(ExecutionRoleArn !== undefined && { executionRoleArn: ExecutionRoleArn }),
      ...loggingOf(LoggingConfig),
    },
  });
}

export const deactivateType = operation(DeactivateType$, (scope, input) => {
  const type = namedType(scope, input);
  if (type.activation === undefined || type.status !== "LIVE") return noSuchType(type.typeName);
  deactivate(scope, type);
  return {};
});

/** Its configuration goes with it. */
export function deactivate(scope: Scope, type: ExtensionType): void {
  types.remove(scope, type.id);
  forgetConfigurations(scope, type);
}
