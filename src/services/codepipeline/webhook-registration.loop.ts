import type { Loop } from "../../kernel/loop.ts";
import { keepHook } from "../codeconnections/api.ts";
import { type WebhookRegistration, webhookRegistrations } from "./webhook-registration.ts";

/** Somebody waits for it. */
const PATIENCE = { attemptsMax: 5, retryMs: 1000 };

/** Tells the git server of a webhook: looks for its hook, makes it where it is missing, and removes it when it is not wanted any more. */
export const webhookRegistrationLoop: Loop<WebhookRegistration> = {
  table: webhookRegistrations,
  turn(scope, { id, wish, hook, isForgotten }) {
    // An answer that is on its way is waited for.
    const kept = isForgotten && hook.work === undefined ? undefined : keepHook(scope, `codepipeline/webhook/${id}`, hook, wish, PATIENCE);
    if (kept === undefined) {
      if (isForgotten || wish === undefined) webhookRegistrations.remove(scope, id);
      return undefined;
    }
    if ("rest" in kept) return kept.rest;
    webhookRegistrations.patch(scope, id, { hook: kept });
    return undefined;
  },
};
