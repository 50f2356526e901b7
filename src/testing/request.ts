import { type HttpSpec, type Job, jobs } from "../compute/job.ts";
import { listeners } from "../compute/listener.ts";
import { rootCaller } from "../kernel/caller.ts";
import type { Rest } from "../kernel/loop.ts";
import { Waiting } from "../kernel/operation.ts";
import type { Scope } from "../kernel/scope.ts";
import { type Row, Table } from "../kernel/table.ts";
import { invokeFunctionUrl } from "../services/lambda/api.ts";

/** What a request in flight has begun, by its job. */
export const requests = new Table<Row & { readonly begun: unknown }>("testing/request");

/**
 * The twin of the data plane for worlds: a request to a function URL invokes the function as nobody in particular, and
 * has the answer that the function's twin gives. Nobody listens anywhere else.
 */
export function answerRequest(scope: Scope, job: Job, spec: HttpSpec): Rest | undefined {
  const { port, pathname, search } = new URL(spec.url);
  const listener = listeners.list(scope).find((one) => String(one.port) === port);
  if (job.status !== "PENDING" && job.status !== "RUNNING") return undefined;
  if (listener === undefined) {
    requests.remove(scope, job.id);
    jobs.patch(scope, job.id, { status: "FAILED", endedAt: scope.clock.now(), reason: `Nobody listens at ${spec.url}.` });
    return undefined;
  }
  const visitor = scope.as({ ...rootCaller(scope.account, scope.region), type: "anonymous" });
  const { begin, answer } = invokeFunctionUrl.late!;
  if (job.status === "PENDING") {
    const event = {
      version: "2.0",
      rawPath: pathname,
      rawQueryString: search.slice(1),
      headers: {},
      requestContext: { http: { method: spec.method, path: pathname } },
      isBase64Encoded: false,
      ...(spec.body !== undefined && { body: spec.body }),
    };
    requests.put(scope, { id: job.id, begun: begin(visitor, { listenerId: listener.id, event: JSON.stringify(event) }) });
    jobs.patch(scope, job.id, { status: "RUNNING", startedAt: scope.clock.now() });
    return undefined;
  }
  const answered = answer(visitor, requests.get(scope, job.id)!.begun);
  if (answered instanceof Waiting) return answered.rest;
  requests.remove(scope, job.id);
  const status = answered.status === 200 ? Number(JSON.parse(answered.payload)?.statusCode ?? 200) : answered.status;
  const response = { status, headers: {}, body: answered.payload };
  jobs.patch(scope, job.id, { status: "SUCCEEDED", endedAt: scope.clock.now(), result: { response } });
  return undefined;
}
