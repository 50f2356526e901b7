import type { Scope } from "../../kernel/scope.ts";
import type { StackSetOperationAction } from "../../sdk/cloudformation.js";
import type { StackInstance } from "./stack-instance.ts";
import { type StackSet, stackSetArnOf } from "./stack-set.ts";
import type { StackSetOperation } from "./stack-set-operation.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stackset-status-change.html */
export function tellStackSet(owner: Scope, { id, status }: StackSet): void {
  tell(owner, id, "CloudFormation StackSet Status Change", { "status-details": { status } });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stackset-operation-status-change.html */
export function tellOperation(owner: Scope, { stackSet, operationId, status }: StackSetOperation): void {
  tell(owner, stackSet, "CloudFormation StackSet Operation Status Change", {
    "stack-set-operation-id": operationId,
    "status-details": { status },
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stackset-stack-instance-status-change.html */
export function tellInstance(owner: Scope, instance: StackInstance, action: StackSetOperationAction): void {
  const { stackSet, stackId, status, detailedStatus, reason } = instance;
  tell(owner, stackSet, "CloudFormation StackSet StackInstance Status Change", {
    ...(stackId !== undefined && { "stack-id": stackId }),
    action,
    "status-details": { status, "status-reason": reason ?? "", "detailed-status": detailedStatus },
  });
}

function tell(owner: Scope, id: string, detailType: string, detail: object): void {
  const arn = stackSetArnOf(id, owner);
  owner.emit({ source: "aws.cloudformation", detailType, resources: [arn], detail: { "stack-set-arn": arn, ...detail } });
}
