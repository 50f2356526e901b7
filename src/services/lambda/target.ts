import type { Delivered, Delivery, DeliveryTarget } from "../../kernel/delivery.ts";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { parse } from "./destination.ts";
import { invocations, queueEvent, startInvocation, throttleReason } from "./invocation.ts";
import { isGranted } from "./permission.ts";
import { type Qualified, requireQualified } from "./qualifier.ts";

/**
 * Functions as targets of events, alarms, notifications, hooks and custom resources. Where the sender wants a reply, it
 * gets what the function answers; otherwise the event is taken, and worked on like any asynchronous invocation.
 */
export const functionTarget: DeliveryTarget = {
  service: "lambda",
  resource: "function:",
  deliver(scope, delivery): Delivered {
    const qualified = qualifiedOf(scope, delivery.arn);
    if (typeof qualified === "string") return { state: "failed", reason: qualified, final: true };
    const refusal = refusalOf(qualified, delivery);
    if (refusal !== undefined) return { state: "failed", reason: refusal, final: true };
    if (delivery.context?.reply) return reply(scope, qualified, delivery);
    queueEvent(qualified, delivery.payload);
    return { state: "done" };
  },
};

/** Invoke, once per attempt of the delivery, and wait for the answer. */
function reply(scope: Scope, qualified: Qualified, { id: deliveryId, attempts, payload }: Delivery): Delivered {
  const id = idsFrom(`${deliveryId}/${attempts}`).uuid();
  const known = invocations.get(scope, id);
  if (known === undefined) {
    const reason = throttleReason(scope, qualified);
    if (reason !== undefined) return { state: "failed", reason: `Rate Exceeded. (${reason})` };
    startInvocation(scope, id, { qualified, payload });
  }
  if (known?.status !== "ENDED") return { state: "busy", because: `function ${qualified.fn.id} runs` };
  invocations.remove(scope, id);
  const { payload: answer, functionError } = known.outcome!;
  return functionError === undefined ? { state: "done", reply: answer } : { state: "failed", reason: reasonOf(answer) };
}

function refusalOf({ scope, fn, qualifier }: Qualified, { arn, from, context }: Delivery): string | undefined {
  if (scope.settings.trust !== "enforced") return undefined;
  const source = context?.sourceArn;
  const keys = {
    ...(source !== undefined && { "AWS:SourceArn": source }),
    "AWS:SourceAccount": source?.split(":")[4] || scope.account,
  };
  if (isGranted(scope, fn.id, qualifier, { action: "lambda:InvokeFunction", service: from, context: keys })) return undefined;
  return `User: ${from} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} because no resource-based policy allows the lambda:InvokeFunction action`;
}

function qualifiedOf(scope: Scope, arn: string): Qualified | string {
  try {
    return requireQualified(scope, arn);
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.message;
  }
}

const reasonOf = (payload: string): string => String(parse(payload)?.errorMessage ?? payload);
