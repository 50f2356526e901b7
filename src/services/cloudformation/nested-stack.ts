import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Progress, ResourceRequest, ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { EngineRequest } from "./custom-resource.ts";
import { draft, NO_UPDATES, startCreate, startDelete, startOn, startUpdate } from "./operation.ts";
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
        : undoes === undefined
          ? updateOnce(scope, declared, id, request)
          : goBackOnce(scope, id, request.token, undoes);
    if ("state" in stack) return stack;
    return outcome(scope, stack, id === undefined ? "created" : "updated");
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
  { generatedName, stackId, token, roleArn, tags }: ResourceRequest,
): Stack | Progress {
  const parent = stacks.get(scope, idOfArn(stackId)!)!;
  const inner = nestedDraft(scope, parent, { generatedName, stackId, token }, declared);
  const known = stacks.get(scope, inner.id);
  // One that was looked at in a change set is there already, with nothing in it.
  if (known !== undefined && known.status !== "REVIEW_IN_PROGRESS") return known;
  return attempt(() => startCreate(scope, inner, nestedRequest(declared, targetOf(parent), tags, roleArn), { token }));
}

/** A nested stack that has nothing yet. Its name and id derive from the token of its creation. */
export function nestedDraft(
  scope: Scope,
  parent: Stack,
  { generatedName, stackId, token }: Pick<ResourceRequest, "generatedName" | "stackId" | "token">,
  declared: JsonObject = {},
): Stack {
  const timeout = Number(declared["TimeoutInMinutes"] ?? 0);
  return draft(scope, generatedName.slice(0, 128), {
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
      return startUpdate(scope, stack, nestedRequest(declared, targetOf(parent), tags, roleArn), { token });
    } catch (error) {
      if (isFault(error) && error.message === NO_UPDATES) return { state: "done", id };
      throw error;
    }
  });
}

/** Undo what an update did to the stack, whose template may no longer lie where it lay; it may have undone that by itself. */
function goBackOnce(scope: Scope, id: string, token: string, undoes: string): Stack | Progress {
  const stack = findStack(scope, id);
  if (stack === undefined) return { state: "failed", id, reason: `Stack with id ${id} does not exist` };
  if (stack.tokens.includes(`UPDATE ${token}`)) return stack;
  if (isInProgress(stack)) return { state: "busy", id, because: `the nested stack ${stack.name} is in ${stack.status}` };
  const touched = stack.tokens.includes(`UPDATE ${undoes}`) && stack.status !== "UPDATE_ROLLBACK_COMPLETE";
  if (!touched || stack.previous === undefined) return { state: "done", id };
  const { previous } = stack;
  return attempt(() => startOn(scope, stack, "UPDATE", previous, { token }));
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

function outcome(scope: Scope, stack: Stack, word: "created" | "updated"): Progress {
  const id = arnOf(scope, stack);
  if (isInProgress(stack)) return { state: "busy", id, because: `the nested stack ${stack.name} is in ${stack.status}` };
  if (stack.status === "CREATE_COMPLETE" || stack.status === "UPDATE_COMPLETE") return { state: "done", id };
  const why = stack.failure ?? stack.reason ?? "";
  const reason =
    word === "created"
      ? `Embedded stack ${id} was not successfully created: ${why}`
      : `Embedded stack ${id} was not successfully updated. Currently in ${stack.status} with reason: ${why}`;
  return { state: "failed", id, reason };
}
