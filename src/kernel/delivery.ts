import { retryDelayMs } from "./defect.ts";
import type { Loop } from "./loop.ts";
import type { Scope } from "./scope.ts";
import { Table } from "./table.ts";

/**
 * Something on its way to a resource known only by its ARN: an event to a rule's target, an alarm's action, a
 * notification, a request to a custom resource. Its sender can read how it stands; one that is over is forgotten after
 * a day.
 */
export interface Delivery {
  readonly id: string;
  readonly arn: string;
  readonly payload: string;
  /** The service principal that sends, such as events.amazonaws.com. */
  readonly from: string;
  readonly context?: DeliveryContext;
  readonly status: "PENDING" | "DELIVERED" | "FAILED";
  /** What the target answered, where it answers. */
  readonly reply?: string;
  readonly reason?: string;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly requestedAt: number;
  readonly endedAt?: number;
  readonly retryAt?: number;
}

/** What some kinds of target need besides the payload. */
export interface DeliveryContext {
  /** Wait for the answer of the target's work, not only for its acceptance (a hook, a custom resource's function). */
  readonly reply?: boolean;
  /** Of the thing that sends, such as a rule's ARN. */
  readonly sourceArn?: string;
  readonly subject?: string;
  readonly messageGroupId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** What the sender's target configuration adds (EventBridge's parameters of a target, as its API names them). */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** How old it may grow between attempts, in milliseconds. */
  readonly ageMaxMs?: number;
  readonly deadLetter?: DeadLetter;
  readonly package?: CodePackage;
}

/** Code that a delivery brings along, to be run as a function that belongs to nobody: the handlers of a registered extension. */
export interface CodePackage {
  /** Of a blob, a zip. */
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  /** Such as nodejs22.x. */
  readonly runtime: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly roleArn?: string;
  readonly logGroup?: string;
  /** Where in the payload, as paths such as requestData/callerCredentials, the code finds credentials of its role. */
  readonly credentialsAt: readonly string[];
  /** As an object, or as the text of one. */
  readonly credentialsAs: "object" | "text";
}

/** Where what can not be delivered goes. */
export interface DeadLetter {
  /** Of a queue. */
  readonly arn: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** The attribute that says why. */
  readonly reasonIn?: string;
}

/** How a kind of resource takes deliveries. */
export interface DeliveryTarget {
  /** The service part of its ARNs, and how the resource part begins: "lambda", "function:". */
  readonly service: string;
  readonly resource?: string;
  /** Look at what was done already, do what is missing; called again when something it read has changed. */
  deliver(scope: Scope, delivery: Delivery): Delivered;
}

export type Delivered =
  | { readonly state: "done"; readonly reply?: string }
  | { readonly state: "busy"; readonly because: string }
  /** `final` failures are not tried again (no such resource, access denied). */
  | { readonly state: "failed"; readonly reason: string; readonly final?: boolean };

export const deliveries = new Table<Delivery>("kernel/delivery");

const DAY = 86_400_000;
const BURIALS_MAX = 10;

export const deliveryLoop: Loop<Delivery> = {
  table: deliveries,
  turn(scope, delivery) {
    const now = scope.clock.now();
    if (delivery.status !== "PENDING") {
      const forgetAt = (delivery.endedAt ?? delivery.requestedAt) + DAY;
      if (now < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "kept for a day to be looked at" };
      return deliveries.remove(scope, delivery.id);
    }
    if (delivery.retryAt !== undefined && now < delivery.retryAt) {
      return { wakeAt: delivery.retryAt, kind: "tick", because: `attempt ${delivery.attempts} failed: ${delivery.reason}` };
    }
    const outcome = deliverOnce(scope, delivery);
    switch (outcome.state) {
      case "done":
        deliveries.patch(scope, delivery.id, {
          status: "DELIVERED",
          endedAt: now,
          ...(outcome.reply !== undefined && { reply: outcome.reply }),
        });
        return;
      case "busy":
        return { kind: "wait", because: outcome.because };
      case "failed": {
        const attempts = delivery.attempts + 1;
        const retryAt = now + retryDelayMs(attempts);
        const { ageMaxMs = Number.POSITIVE_INFINITY, deadLetter } = delivery.context ?? {};
        const over = outcome.final || attempts >= delivery.attemptsMax || retryAt - delivery.requestedAt > ageMaxMs;
        if (over && deadLetter !== undefined) bury(scope, delivery, deadLetter, outcome.reason);
        deliveries.patch(scope, delivery.id, {
          attempts,
          reason: outcome.reason,
          ...(over ? { status: "FAILED", endedAt: now } : { retryAt }),
        });
      }
    }
  },
};

function bury(scope: Scope, { id, payload, from, context }: Delivery, { arn, attributes, reasonIn }: DeadLetter, reason: string): void {
  const said = { ...(attributes ?? context?.attributes), ...(reasonIn !== undefined && { [reasonIn]: reason }) };
  const groupId = context?.messageGroupId;
  scope.deliver(`${id}/dead-letter`, arn, payload, {
    from,
    context: { ...(Object.keys(said).length > 0 && { attributes: said }), ...(groupId !== undefined && { messageGroupId: groupId }) },
    attemptsMax: BURIALS_MAX,
  });
}

function deliverOnce(scope: Scope, delivery: Delivery): Delivered {
  const target = scope.registry.target(delivery.arn);
  if (target === undefined) return { state: "failed", final: true, reason: `nothing here takes deliveries to ${delivery.arn}` };
  return target.deliver(scope.at(delivery.arn), delivery);
}
