import { ensureJob, forgetJob, type InvokeSpec, isOver } from "../../compute/job.ts";
import type { CodePackage, Delivered, Delivery, DeliveryTarget } from "../../kernel/delivery.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import { parse } from "./destination.ts";
import { outcomeOf } from "./invocation.ts";

/** As CloudFormation gives the functions in which it runs an extension's handlers. */
const MEMORY_MB = 512;

/** Code that a delivery brings along is run like a function, though there is none that anybody could see. */
export const packageTarget: DeliveryTarget = {
  service: "lambda",
  resource: "package:",
  deliver(scope, { id: deliveryId, arn, attempts, payload, context }): Delivered {
    const code = context?.package;
    if (code === undefined) return { state: "failed", reason: `${arn} is sent without its code`, final: true };
    const requestId = idsFrom(`${deliveryId}/${attempts}`).uuid();
    const jobId = `lambda/${requestId}/package`;
    const job = ensureJob(scope, jobId, specOf(scope, code, { arn, payload, requestId }));
    if (!isOver(job)) return { state: "busy", because: `${code.name} runs` };
    forgetJob(scope, jobId);
    const { payload: answer, functionError } = outcomeOf(requestId, job);
    if (functionError === undefined) return { state: "done", reply: answer };
    return { state: "failed", reason: String(parse(answer)?.errorMessage ?? answer) };
  },
};

function specOf(
  scope: Scope,
  code: CodePackage,
  { arn, payload, requestId }: Pick<Delivery, "arn" | "payload"> & { requestId: string },
): InvokeSpec {
  const { digest, name, version, runtime, handler, timeoutMs, roleArn, logGroup, credentialsAt, credentialsAs } = code;
  return {
    type: "invoke",
    identity: { accountId: scope.account, region: scope.region, ...(roleArn !== undefined && { roleArn }), sessionName: name },
    environment: `${arn}:${version}:${digest}:${roleArn ?? ""}`,
    functionArn: arn,
    functionName: name,
    version,
    runtime,
    handler,
    code: digest,
    env: {},
    memoryMb: MEMORY_MB,
    timeoutMs,
    payload,
    requestId,
    ...(credentialsAt.length > 0 && { credentialsAt: { paths: credentialsAt, as: credentialsAs } }),
    ...(logGroup !== undefined && { log: { group: logGroup, stream: "" } }),
  };
}
