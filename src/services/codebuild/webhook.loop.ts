import { ensureJob, forgetJob, type HttpSpec, isOver } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { payloadUrl, type Webhook, webhookJobId, webhooks } from "./webhook.ts";
import { createHook, deleteHook, hookUrl, updateHook } from "./webhook-hook.ts";

/** Sets webhooks up at the servers of sources, and takes them away there. */
export const webhookLoop: Loop<Webhook> = {
  table: webhooks,
  turn(scope, webhook): Rest | undefined {
    const { work } = webhook;
    if (work === undefined) return undefined;
    const spec = specOf(scope, webhook, work);
    const job = ensureJob(scope, webhookJobId(webhook.id, work), spec);
    if (!isOver(job)) return { kind: "wait", because: `${spec.url} has not answered yet` };
    for (let attempt = 0; attempt <= work.attempt; attempt++) forgetJob(scope, webhookJobId(webhook.id, { ...work, attempt }));
    // The process died with the question.
    if (job.status === "LOST") webhooks.patch(scope, webhook.id, { work: { ...work, attempt: work.attempt + 1 } });
    else end(scope, webhook, work, job.result?.response ?? { status: 0, body: "" });
    return undefined;
  },
};

function specOf(scope: Scope, webhook: Webhook, { verb }: NonNullable<Webhook["work"]>): HttpSpec {
  const { server, url, settings, secret } = webhook;
  const hook = { settings, secret, payloadUrl: payloadUrl(scope, webhook) };
  switch (verb) {
    case "create":
      return createHook(server!, hook);
    case "update":
      return updateHook(server!, hook, url!);
    case "delete":
      return deleteHook(server!, url!);
  }
}

/** What is to be gone here goes, whatever the server says. */
function end(
  scope: Scope,
  webhook: Webhook,
  { verb }: NonNullable<Webhook["work"]>,
  { status, body }: { readonly status: number; readonly body: string },
): void {
  const { id } = webhook;
  if (verb === "delete") return webhooks.remove(scope, id);
  const failure = status >= 200 && status < 300 ? undefined : problemOf(status);
  const made = verb === "create" && failure === undefined ? { url: hookUrl(webhook.server!, webhook, body) } : {};
  webhooks.patch(scope, id, { work: undefined, failure, ...made });
}

/** In the words of CodeBuild, which knows three things that can be wrong. */
function problemOf(status: number): string {
  if (status === 429) return "Failed to create webhook. GitHub API limit reached. Please try again later.";
  if (status === 401 || status === 403 || status === 404) return "Repository not found or permission denied.";
  return "Unable to create webhook at this time. Please try again later.";
}
