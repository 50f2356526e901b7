import { deliveries } from "../../kernel/delivery.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  ConfigurationException,
  DeleteTarget$,
  ListTargets$,
  type Target as TargetInput,
  type TargetSummary,
  ValidationException,
} from "../../sdk/codestar-notifications.js";
import { invalidToken } from "./event-type.ts";
import { matchesFilters } from "./filter.ts";
import { rules } from "./rule.ts";

/** Where notifications go, by its address. It stays when no rule has it any more, until it is deleted. */
export interface Target extends Row {
  readonly type: string;
  /** The last notification that went there. */
  readonly lastDelivery?: string;
}

export const targets = new Table<Target>("codestar-notifications/target");

const PAGE_SIZE = 100;

export const listTargets = operation(ListTargets$, (scope, { Filters = [], MaxResults = PAGE_SIZE, NextToken }) => {
  const found = targets
    .list(scope)
    .map((target) => shownTarget(scope, target))
    .filter((target) =>
      matchesFilters(Filters, ({ Name, Value }) => {
        switch (Name!) {
          case "TARGET_TYPE":
            return target.TargetType === Value;
          case "TARGET_ADDRESS":
            return target.TargetAddress === Value;
          case "TARGET_STATUS":
            return target.TargetStatus === Value;
        }
      }),
    );
  const { items, nextToken } = page(found, ({ TargetAddress }) => TargetAddress!, MaxResults, NextToken, invalidToken);
  return { Targets: items, ...(nextToken && { NextToken: nextToken }) };
});

export const deleteTarget = operation(DeleteTarget$, (scope, { TargetAddress: address, ForceUnsubscribeAll }) => {
  const users = rules.list(scope).filter(({ targets: own }) => own.includes(address!));
  if (users.length > 0 && !ForceUnsubscribeAll)
    fault(
      ValidationException,
      `The target ${address} is associated with ${users.length} notification rules. Use ForceUnsubscribeAll to delete it with its associations.`,
    );
  for (const { id, targets: own } of users) rules.patch(scope, id, { targets: own.filter((one) => one !== address) });
  targets.remove(scope, address!);
  return {};
});

/** Make sure that there is such a target; answers its address. */
export function ensureTarget(scope: Scope, { TargetType: type = "SNS", TargetAddress: address }: TargetInput): string {
  if (address === undefined || !/^arn:/.test(address))
    fault(ValidationException, `The target address ${address ?? ""} is not a valid ARN.`);
  // Nothing here chats: a rule that told nobody would be worse than none.
  if (type !== "SNS") fault(ConfigurationException, `Slipway does not implement targets of type ${type}`);
  if (address!.split(":")[2] !== "sns") fault(ValidationException, `The target address ${address} is not the ARN of an Amazon SNS topic.`);
  if (targets.get(scope, address!) === undefined) targets.put(scope, { id: address!, type });
  return address!;
}

/** A target is taken to be there until something could not be brought to it. */
export const shownTarget = (scope: Scope, { id, type, lastDelivery }: Target): TargetSummary => ({
  TargetAddress: id,
  TargetType: type,
  TargetStatus: lastDelivery !== undefined && deliveries.get(scope, lastDelivery)?.status === "FAILED" ? "UNREACHABLE" : "ACTIVE",
});
