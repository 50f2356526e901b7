import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { nameWithin, type Progress, type ResourceRequest, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { EngineRequest } from "./custom-resource.ts";
import { draft, goBack, NO_UPDATES, startCreate, startDelete, startUpdate } from "./operation.ts";
import { existing } from "./resource.ts";
import { isOfNested } from "./skipped-resource.ts";
import { arnOf, findStack, idOfArn, isInProgress, type Stack, stacks, type Target } from "./stack.ts";
import type { TargetRequest } from "./target.ts";
import { asText, isObject, type JsonObject } from "./value.ts";

/**
 * A stack within a stack: its id is the inner stack's ARN.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
 */
export const nestedStack: ResourceType<JsonObject> = {
  type: "AWS::CloudFormation::Stack",
  ensure(scope, declared, id, request: EngineRequest) {
    const { undoes } = request;
    const stack =
      id === undefined
        ? createOnce(scope, declared, request)
        : undoes
          ? goBackOnce(scope, id, request)
          : updateOnce(scope, declared, id, request);
    if ("state" in stack) return stack;
    return outcome(scope, stack, id === undefined ? "created" : undoes ? "restored" : "updated");
  },
  read(scope, id) {
    const stack = findStack(scope, id);
    return stack === undefined || stack.status === "DELETE_COMPLETE" ? undefined : {};
  },
  attributes(scope, id) {
    const outputs = findStack(scope, id)?.outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [`Outputs.${OutputKey}`, OutputValue]));
  },
  remove(scope, id) {
    const stack = findStack(scope, id);
    if (stack === undefined || stack.status === "DELETE_COMPLETE") return { state: "done", id };
    if (stack.status === "DELETE_FAILED" && stack.tokens.includes("DELETE nested"))
      return { state: "failed", id, reason: `Stack ${id} could not be deleted: ${stack.reason ?? ""}` };
    if (isInProgress(stack) && stack.status !== "CREATE_IN_PROGRESS")
      return { state: "busy", id, because: `the nested stack ${stack.name} is in ${stack.status}` };
    startDelete(scope, stack, { token: "nested" });
    return { state: "busy", id, because: `the nested stack ${stack.name} is being deleted` };
  },
};

function createOnce(
  scope: Scope,
  declared: JsonObject,
  { generatedName, logicalId, stackId, token, roleArn, tags }: ResourceRequest,
): Stack | Progress {
  const parent = stacks.get(scope, idOfArn(stackId)!)!;
  const inner = nestedDraft(scope, parent, { generatedName, logicalId, stackId, token }, declared);
  const known = stacks.get(scope, inner.id);
  // One that was looked at in a change set is there already, with nothing in it.
  if (known !== undefined && known.status !== "REVIEW_IN_PROGRESS") return known;
  return attempt(() => startCreate(scope, inner, nestedRequest(declared, targetOf(parent), tags, roleArn), { token }));
}

const NAME_MAX = 128;

/** A nested stack that has nothing yet. Its name and id derive from the token of its creation. */
export function nestedDraft(
  scope: Scope,
  parent: Stack,
  { generatedName, logicalId, stackId, token }: Pick<ResourceRequest, "generatedName" | "logicalId" | "stackId" | "token">,
  declared: JsonObject = {},
): Stack {
  const timeout = Number(declared["TimeoutInMinutes"] ?? 0);
  return draft(scope, nameWithin(NAME_MAX, generatedName, logicalId), {
    uuid: idsFrom(`nested ${token}`).uuid(),
    onFailure: "DO_NOTHING",
    parentId: stackId,
    rootId: parent.rootId ?? stackId,
    ...(timeout > 0 && { timeoutMinutes: timeout }),
  });
}

function updateOnce(scope: Scope, declared: JsonObject, id: string, { stackId, token, roleArn, tags }: ResourceRequest): Stack | Progress {
  const stack = findStack(scope, id);
  if (stack === undefined) return { state: "failed", id, reason: `Stack with id ${id} does not exist` };
  if (stack.tokens.includes(`UPDATE ${token}`)) return stack;
  if (isInProgress(stack)) return { state: "busy", id, because: `the nested stack ${stack.name} is in ${stack.status}` };
  const parent = stacks.get(scope, idOfArn(stackId)!)!;
  return attempt(() => {
    try {
      // It goes back by itself where its parent does: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
      const { onFailure = "ROLLBACK" } = parent.operation ?? {};
      return startUpdate(scope, stack, nestedRequest(declared, targetOf(parent), tags, roleArn), { token, onFailure });
    } catch (error) {
      if (isFault(error) && error.message === NO_UPDATES) return { state: "done", id };
      throw error;
    }
  });
}

/**
 * Undo what an update did to the stack. One that went well keeps what it was until its parent is done; one that is still at work
 * is cancelled; one that failed may have undone that by itself, or have stuck: then it is tried again when somebody asks for that.
 */
function goBackOnce(scope: Scope, id: string, { stackId, token }: ResourceRequest): Stack | Progress {
  const stack = findStack(scope, id);
  if (stack === undefined) return { state: "failed", id, reason: `Stack with id ${id} does not exist` };
  if (stack.tokens.includes(`UPDATE ${token}`)) return stack;
  if (isInProgress(stack) && !isHeld(stack)) {
    const { operation: op } = stack;
    if (op?.kind === "UPDATE" && !op.undoing && op.phase !== "remove" && op.cancelled === undefined)
      stacks.patch(scope, stack.id, { operation: { ...op, cancelled: "User Initiated", onFailure: "ROLLBACK" } });
    return { state: "busy", id, because: `the nested stack ${stack.name} is in ${stack.status}` };
  }
  const parent = stacks.get(scope, idOfArn(stackId)!)!;
  const isStuck = stack.status === "UPDATE_ROLLBACK_FAILED";
  if (isStuck && parent.lastOperations[0]?.type === "UPDATE_STACK") return stack;
  if (!isStuck && stack.status !== "UPDATE_FAILED" && stack.before === undefined) return { state: "done", id };
  return goBack(scope, stack, token, parent.operation?.skipped.filter(isOfNested) ?? []);
}

function attempt(work: () => Stack | Progress): Stack | Progress {
  try {
    return work();
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message };
  }
}

const targetOf = ({ operation, target }: Stack): Target | undefined => operation?.target ?? target;

/** Capabilities and notifications of the outer stack are those of the inner one. */
export function nestedRequest(
  declared: JsonObject,
  target: Target | undefined,
  tags: ResourceRequest["tags"],
  RoleARN: string | undefined,
): TargetRequest {
  const parameters = isObject(declared["Parameters"]) ? declared["Parameters"] : {};
  const own = (declared["Tags"] ?? []) as unknown as { Key: string; Value: string }[];
  return {
    TemplateURL: asText(declared["TemplateURL"]),
    Parameters: Object.entries(parameters).map(([ParameterKey, value]) => ({
      ParameterKey,
      ParameterValue: Array.isArray(value) ? value.join(",") : (asText(value) ?? JSON.stringify(value)),
    })),
    Capabilities: [...(target?.capabilities ?? [])],
    NotificationARNs: [...((declared["NotificationARNs"] as string[] | undefined) ?? target?.notificationArns ?? [])],
    Tags: [...tags.filter(({ Key }) => !own.some((tag) => tag.Key === Key)), ...own],
    ...(RoleARN !== undefined && { RoleARN }),
    ...(target?.revertDrift && { DeploymentMode: "REVERT_DRIFT" }),
  };
}

/** Whether it is as it was asked to be, and takes nothing away before its parent's update has come to its end. */
const isHeld = ({ operation: op }: Stack): boolean => op?.phase === "hold";

/** Whether its parent's update is what a nested stack does, rather than one of its own. */
export const followsParent = ({ parentId, operation: op }: Stack): boolean =>
  parentId !== undefined && op?.token?.startsWith(`${parentId}/`) === true;

/** The stack a nested stack is in. */
export const parentOf = (scope: Scope, { parentId }: Stack): Stack | undefined =>
  parentId === undefined ? undefined : stacks.get(scope, idOfArn(parentId)!);

/** A nested stack of a stack that still takes away what its update has left over. */
export const openNestedStack = (scope: Scope, stack: Stack): Stack | undefined =>
  existing(scope, stack)
    .filter(({ type }) => type === nestedStack.type)
    .flatMap(({ physicalId }) => findStack(scope, physicalId) ?? [])
    .find(isInProgress);

const GOOD = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];

function outcome(scope: Scope, stack: Stack, word: "created" | "updated" | "restored"): Progress {
  const id = arnOf(scope, stack);
  if (isHeld(stack)) return { state: "done", id };
  const goesBack = word === "updated" && stack.status.startsWith("UPDATE_ROLLBACK_");
  if (isInProgress(stack) && !goesBack) return { state: "busy", id, because: `the nested stack ${stack.name} is in ${stack.status}` };
  if (GOOD.includes(stack.status) && !goesBack) return { state: "done", id };
  const why = stack.failure ?? stack.reason ?? "";
  // However far it has come since: its parent fails as soon as it goes back.
  const current = goesBack ? "UPDATE_ROLLBACK_IN_PROGRESS" : stack.status;
  const reason =
    word === "created"
      ? `Embedded stack ${id} was not successfully created: ${why}`
      : `Embedded stack ${id} was not successfully updated. Currently in ${current} with reason: ${why}`;
  return { state: "failed", id, reason };
}
