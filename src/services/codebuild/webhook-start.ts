import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { submitBatch } from "./batch-start.ts";
import type { Project } from "./project.ts";
import { submitBuild } from "./start.ts";
import type { Webhook } from "./webhook.ts";
import type { SourceEvent } from "./webhook-event.ts";

/** By which a build is told from others, and who has started it. */
export interface Trigger {
  readonly uuid: string;
  readonly initiator: string;
}

/** Start what a webhook starts for an event; answers its id, or why there is none. */
export function startFor(scope: Scope, project: Project, { settings }: Webhook, event: SourceEvent, trigger: Trigger): string | Error {
  const { declaration } = project;
  // A whole organization tells of all of its repositories.
  const elsewhere = settings.scopeConfiguration !== undefined && event.repositoryUrl !== undefined;
  const request = {
    ...trigger,
    declaration: elsewhere ? { ...declaration, source: { ...declaration.source!, location: event.repositoryUrl } } : declaration,
    sourceVersion: event.sourceVersion,
    webhook: variablesOf(event),
  };
  try {
    const submit = settings.buildType === "BUILD_BATCH" ? submitBatch : submitBuild;
    return scope.attempt(() => submit(scope, project, request)).id;
  } catch (error) {
    if (!isFault(error)) throw error;
    return error;
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
const variablesOf = (event: SourceEvent): Record<string, string> => ({
  CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: event.actorId,
  CODEBUILD_WEBHOOK_BASE_REF: event.baseRef,
  CODEBUILD_WEBHOOK_EVENT: event.event,
  CODEBUILD_WEBHOOK_HEAD_REF: event.headRef,
  CODEBUILD_WEBHOOK_MERGE_COMMIT: event.mergeCommit,
  CODEBUILD_WEBHOOK_PREV_COMMIT: event.previousCommit,
  CODEBUILD_WEBHOOK_TRIGGER: event.trigger,
});
