import type { Loop } from "../../kernel/loop.ts";
import { keepHook } from "../codeconnections/api.ts";
import { hookWish, type Webhook, webhooks } from "./webhook.ts";

/** Somebody waits for the answer: what the server would not do he is told, and not the server again. */
const PATIENCE = { attemptsMax: 1, retryMs: 0 };

/** Sets webhooks up at the servers of sources, and takes them away there. */
export const webhookLoop: Loop<Webhook> = {
  table: webhooks,
  turn(scope, webhook) {
    const { id, hook, isGoing } = webhook;
    const kept = keepHook(scope, `codebuild/webhook/${id}`, hook, hookWish(scope, webhook), PATIENCE);
    if (kept === undefined) {
      if (isGoing) webhooks.remove(scope, id);
      return undefined;
    }
    if ("rest" in kept) return kept.rest;
    webhooks.patch(scope, id, { hook: kept });
    return undefined;
  },
};
