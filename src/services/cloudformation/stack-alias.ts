import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { AlreadyExistsException, LimitExceededException, RemoveAlias$, SetAlias$ } from "../../sdk/cloudformation.js";
import { findStack, requireStack, stacks } from "./stack.ts";

const NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;

/** Another name by which calls may mean a stack: one for each stack, and no other stack's name or alias. */
export const setAlias = operation(SetAlias$, (scope, { StackName, AliasName }) => {
  const stack = requireStack(scope, StackName);
  const alias = AliasName!;
  if (!NAME.test(alias))
    fault(
      "ValidationError",
      `1 validation error detected: Value '${alias}' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  if (stack.status === "DELETE_COMPLETE") fault("ValidationError", `Stack [${stack.name}] does not exist`);
  if (stack.alias === alias) return {};
  if (findStack(scope, alias) !== undefined) fault(AlreadyExistsException, `A stack or an alias with the name [${alias}] already exists`);
  if (stack.alias !== undefined)
    fault(LimitExceededException, `Stack [${stack.name}] already has the alias [${stack.alias}]. Remove it before you set another one.`);
  stacks.patch(scope, stack.id, { alias });
  return {};
});

export const removeAlias = operation(RemoveAlias$, (scope, { AliasName }) => {
  const stack = findStack(scope, AliasName!);
  if (stack?.alias !== AliasName) return fault("ValidationError", `Alias [${AliasName}] does not exist`);
  stacks.patch(scope, stack!.id, { alias: undefined });
  return {};
});
