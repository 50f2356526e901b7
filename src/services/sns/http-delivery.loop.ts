import { ensureJob, forgetJob, isOver } from "../../compute/job.ts";
import type { Loop } from "../../kernel/loop.ts";
import { type HttpDelivery, httpDeliveries } from "./http-delivery.ts";

const RETRY_MS = 20_000;
const ATTEMPTS_MAX = 4;

/** Carries a message to an HTTP endpoint: four times at most, twenty seconds apart. */
export const httpDeliveryLoop: Loop<HttpDelivery> = {
  table: httpDeliveries,
  turn(scope, delivery) {
    const now = scope.clock.now();
    const { id, url, headers, body, attempt, retryAt } = delivery;
    if (retryAt !== undefined && now < retryAt) return { wakeAt: retryAt, kind: "tick", because: `${url} is tried again then` };
    const job = ensureJob(scope, `sns/${id}/${attempt}`, { type: "http", method: "POST", url, headers, body, timeoutMs: 15_000 });
    if (!isOver(job)) return { kind: "wait", because: `${url} has not answered yet` };
    forgetJob(scope, job.id);
    const status = job.result?.response?.status ?? 0;
    const delivered = status >= 200 && status < 500 && status !== 429;
    if (delivered || attempt + 1 >= ATTEMPTS_MAX) {
      const { deadLetterArn } = delivery;
      if (!delivered && deadLetterArn !== undefined)
        scope.deliver(`sns/${id}/dead-letter`, deadLetterArn, body, { from: "sns.amazonaws.com", attemptsMax: ATTEMPTS_MAX });
      return httpDeliveries.remove(scope, id);
    }
    httpDeliveries.patch(scope, id, { attempt: attempt + 1, retryAt: now + RETRY_MS });
  },
};
