import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import { type ChangeSetHook, type ChangeSetHooksStatus, DescribeChangeSetHooks$ } from "../../sdk/cloudformation.js";
import { changeSetArn, requireChangeSet } from "./change-set.ts";
import { hooksFor } from "./hook.ts";
import { arnOf, stacks } from "./stack.ts";

const ACTIONS = {
  Add: "CREATE",
  Modify: "UPDATE",
  Remove: "DELETE",
  Import: undefined,
  Dynamic: "UPDATE",
  SyncWithActual: undefined,
} as const;
const LISTED_MAX = 100;

/** The hooks that the changes of a change set will meet, as the hooks are now. */
export const describeChangeSetHooks = operation(
  DescribeChangeSetHooks$,
  (scope, { ChangeSetName, StackName, LogicalResourceId: only, NextToken }) => {
    const set = requireChangeSet(scope, ChangeSetName!, StackName);
    const stack = stacks.get(scope, set.stack)!;
    const { roleArn } = set.target;
    const place = { name: stack.name, ...(roleArn !== undefined && { roleArn }) };
    const met = (set.changes ?? []).flatMap(({ Action, LogicalResourceId = "", ResourceType = "", Replacement }): ChangeSetHook[] => {
      const action = Replacement === "True" ? "CREATE" : ACTIONS[Action!];
      if (action === undefined || (only !== undefined && only !== LogicalResourceId)) return [];
      return hooksFor(scope, { operation: "RESOURCE", name: ResourceType, action, stack: place }).map((hook) => ({
        InvocationPoint: "PRE_PROVISION",
        FailureMode: hook.configuration.failureMode,
        TypeName: hook.typeName,
        TypeVersionId: hook.version.version,
        TypeConfigurationVersionId: hook.configurationVersion,
        TargetDetails: { TargetType: "RESOURCE", ResourceTargetDetails: { LogicalResourceId, ResourceType, ResourceAction: Action! } },
      }));
    });
    const keyOf = ({ TypeName, TargetDetails }: ChangeSetHook): string =>
      `${TargetDetails!.ResourceTargetDetails!.LogicalResourceId} ${TypeName}`;
    const sorted = met.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    const invalid = (): never => fault("ValidationError", "Invalid NextToken");
    const { items, nextToken } = page(sorted, keyOf, LISTED_MAX, NextToken, invalid);
    const status: ChangeSetHooksStatus =
      set.status === "CREATE_COMPLETE" ? "PLANNED" : set.status === "FAILED" ? "UNAVAILABLE" : "PLANNING";
    return {
      ChangeSetId: changeSetArn(scope, set),
      ChangeSetName: set.name,
      StackId: arnOf(scope, stack),
      StackName: stack.name,
      Hooks: items,
      Status: status,
      ...(nextToken && { NextToken: nextToken }),
    };
  },
);
