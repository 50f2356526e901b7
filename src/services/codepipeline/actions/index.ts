import type { Scope } from "../../../kernel/scope.ts";
import type { ActionTypeId } from "../../../sdk/codepipeline.js";
import { customProvider } from "../custom-action.ts";
import { actionTypeRow, actionTypes } from "../custom-action-type.ts";
import type { ActionProvider } from "../provider.ts";
import { actionProviders } from "./provided.ts";

/** Who carries out the actions of that type: one of AWS's, or whoever polls for its jobs; undefined where nobody does. */
export function providerOf(scope: Scope, typeId: ActionTypeId): ActionProvider | undefined {
  const { category, owner, provider, version } = typeId;
  const known = actionProviders().find(
    ({ type }) => type.category === category && type.owner === owner && type.provider === provider && type.version === version,
  );
  if (known !== undefined || owner === "AWS") return known;
  const type = actionTypes.get(scope, actionTypeRow(typeId));
  return type === undefined || type.isDeleted ? undefined : customProvider(type);
}
