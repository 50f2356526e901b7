import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Progress, ResourceRequest } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type EngineRequest, isCustom } from "./custom-resource.ts";
import { resolveDynamicReferences } from "./dynamic.ts";
import type { Busy } from "./phase.ts";
import type { DesiredResource } from "./plan.ts";
import type { StackResource, Step } from "./resource.ts";
import { arnOf, type Stack } from "./stack.ts";
import { typeInStack } from "./target.ts";
import type { JsonObject } from "./value.ts";

/** Why a resource is not done yet. */
export interface Waits {
  readonly because: string;
  readonly wakeAt?: number;
  /** It must not come, where it is not waited for. */
  readonly deadline?: boolean;
}

export const waitsFor = (logicalId: string, type: string, { because, wakeAt }: Extract<Progress, { state: "busy" }>): Waits => ({
  because: `${logicalId}: ${because}`,
  ...(wakeAt !== undefined && { wakeAt, deadline: isCustom(type) || type === "AWS::CloudFormation::WaitCondition" }),
});

export function ensureOnce(scope: Scope, stack: Busy, row: StackResource, wanted: DesiredResource, creating: boolean): Progress {
  const { now, step, type, logicalId } = row as StackResource & { step: Step };
  const request = requestOf(scope, stack, logicalId, type, {
    token: step.token,
    nameToken: creating ? step.token : now!.token,
    wanted,
    ...(!creating && { previous: now!.properties }),
  });
  return withReferences(scope, wanted.properties, (properties) => {
    const policy = step.policy === undefined ? undefined : scope.registry.updatePolicy(step.policy);
    if (policy === undefined) return typeInStack(scope, type).ensure(scope, properties, creating ? undefined : now!.physicalId, request);
    return policy.ensure(scope, {
      token: step.token,
      id: now!.physicalId,
      type,
      settings: wanted.updatePolicy![policy.name] as JsonObject,
      previous: now!.properties,
      declared: properties,
      stackId: arnOf(scope, stack),
    });
  });
}

/** Put in what the dynamic references name, for the resource's own eyes only. A refusal of the resource's service is a failure. */
export function withReferences(scope: Scope, properties: JsonObject, work: (properties: JsonObject) => Progress): Progress {
  const resolved = resolveDynamicReferences(
    properties,
    (kind, name) =>
      scope.registry.reference(kind)?.resolve(scope, name) ?? { state: "absent", reason: `nothing here resolves ${kind}:${name}` },
  );
  if (resolved.state === "busy") return resolved;
  if (resolved.state === "error") return { state: "failed", reason: resolved.message };
  try {
    return work(resolved.value);
  } catch (error) {
    if (!isFault(error)) throw error;
    return { state: "failed", reason: error.message };
  }
}

/** The name of a resource that is declared without one; it derives from the token of its creation. */
export const generatedName = (stack: Pick<Stack, "name">, logicalId: string, token: string): string =>
  `${stack.name}-${logicalId}-${idsFrom(token).text(12)}`;

interface Requesting {
  readonly token: string;
  readonly nameToken: string;
  readonly wanted?: DesiredResource;
  readonly previous?: JsonObject;
  readonly undoes?: true;
}

export function requestOf(
  scope: Scope,
  stack: Busy,
  logicalId: string,
  type: string,
  { token, nameToken, wanted, previous, undoes }: Requesting,
): ResourceRequest {
  const { target: wish, undoing } = stack.operation;
  const target = undoing ? (stack.target ?? wish) : (wish ?? stack.target);
  const policies = { ...wanted?.creationPolicy, ...wanted?.updatePolicy };
  const request: EngineRequest = {
    token,
    generatedName: generatedName(stack, logicalId, nameToken),
    logicalId,
    stackId: arnOf(scope, stack),
    tags: target?.tags ?? [],
    resourceType: type,
    ...(previous !== undefined && { previous }),
    ...(undoes && { undoes }),
    ...(target?.roleArn !== undefined && { roleArn: target.roleArn }),
    ...(Object.keys(policies).length > 0 && { updatePolicy: policies }),
  };
  return request;
}
