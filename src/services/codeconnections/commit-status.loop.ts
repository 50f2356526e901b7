import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type PublishedStatus, publishedStatuses } from "./commit-status.ts";
import { providerFor } from "./connection.ts";
import { statusRequest } from "./git-provider.ts";
import { ask } from "./provider-question.ts";

/** Tells a git server the last that is wanted of a status, one after the other. */
export const commitStatusLoop: Loop<PublishedStatus> = {
  table: publishedStatuses,
  turn(scope, row) {
    const { id, provider, wanted, told, status, sending, failure, unwanted } = row;
    if (sending !== undefined) return send(scope, row, sending);
    // A status that is not going to change has done its work once it is told. A failure stays to be read by whoever has said which
    // connection it is; who knows the server himself looks no more.
    const isLast = status.state !== "pending" && told === wanted && (failure === undefined || provider !== undefined);
    if (unwanted || isLast) return publishedStatuses.remove(scope, id);
    if (told < wanted) publishedStatuses.patch(scope, id, { sending: { nth: wanted, status, asking: { attempt: 0 } } });
  },
};

function send(scope: Scope, row: PublishedStatus, sending: NonNullable<PublishedStatus["sending"]>): Rest | undefined {
  const { id, connectionArn, fullRepositoryId, wanted } = row;
  const { nth, asking, status } = sending;
  const provider = row.provider ?? providerFor(scope, connectionArn!);
  if (typeof provider === "string") return end(scope, row, nth, provider);
  const answer = ask(scope, `${id}/${nth}`, asking, statusRequest(provider, fullRepositoryId, status));
  switch (answer.state) {
    case "busy":
      // What is newer need not wait until what is older is tried again; it is asked for under another number.
      if (nth < wanted && asking.retryAt !== undefined && scope.clock.now() < asking.retryAt) return end(scope, row, nth, undefined);
      return answer.rest;
    case "again":
      publishedStatuses.patch(scope, id, { sending: { ...sending, asking: answer.asking } });
      return;
    case "done":
      return end(scope, row, nth, undefined);
    case "failed":
      return end(scope, row, nth, answer.reason);
  }
}

/** What could not be told matters only as long as nothing newer is to be told. */
function end(scope: Scope, { id, wanted }: PublishedStatus, nth: number, reason: string | undefined): undefined {
  const failed = reason !== undefined && nth === wanted;
  publishedStatuses.patch(scope, id, {
    sending: undefined,
    told: nth,
    failure: failed ? { reason, at: scope.clock.now() } : undefined,
  });
}
