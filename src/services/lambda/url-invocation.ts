import { lateOperation, type OperationSchema, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { aliases } from "./alias.ts";
import { parse } from "./destination.ts";
import { functions } from "./function.ts";
import { type Invocation, startInvocation, throttleReason } from "./invocation.ts";
import { leaveUnattended, takeEnded } from "./invoke.ts";
import { measure } from "./metric.ts";
import { functionArn } from "./name.ts";
import { isGranted } from "./permission.ts";
import type { Qualified } from "./qualifier.ts";
import { type FunctionUrl, urls } from "./url.ts";

/** A request that came in at a listener, as an event of payload format 2.0, in JSON. */
export interface UrlRequest {
  readonly listenerId: string;
  readonly event: string;
}

/** What came of it. */
export interface UrlAnswer {
  /** 200: the payload is the function's answer, to be read as a response; otherwise the payload is the response's body. */
  readonly status: 200 | 403 | 429 | 502;
  readonly payload: string;
  readonly functionError?: "Handled" | "Unhandled";
}

interface Begun {
  readonly url?: FunctionUrl;
  readonly beganAt: number;
  readonly id?: string;
  readonly refusal?: UrlAnswer;
}

const schema = [9, "com.amazonaws.lambda", "InvokeFunctionUrl", 0, () => [], () => []] as unknown as OperationSchema<UrlRequest, UrlAnswer>;

const FORBIDDEN = answerOf(
  403,
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
);

/**
 * A request at a function URL, for the data plane to carry out on behalf of whoever signed it (`anonymous` where nobody did). Not
 * an operation of the API. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export const invokeFunctionUrl = lateOperation<UrlRequest, UrlAnswer, Begun>(schema, {
  begin(scope, { listenerId, event }) {
    const beganAt = scope.clock.now();
    const [url] = urls.by(scope, "listener", listenerId);
    const qualified = url && qualifiedOf(scope, url);
    if (url === undefined || qualified === undefined) return { beganAt, refusal: FORBIDDEN };
    if (!mayInvoke(scope, url)) return { beganAt, url, refusal: FORBIDDEN };
    if (throttleReason(scope, qualified) !== undefined) return { beganAt, url, refusal: answerOf(429, "Rate Exceeded.") };
    return { beganAt, url, id: startInvocation(scope, scope.id.uuid(), { qualified, payload: event }).id };
  },
  answer(scope, { url, beganAt, id, refusal }) {
    if (url === undefined || id === undefined) {
      if (url !== undefined) report(scope, url, beganAt, refusal!);
      return refusal!;
    }
    const ended = takeEnded(scope, id);
    if (ended instanceof Waiting) return ended;
    const answer = answerOfFunction(ended);
    report(scope, url, beganAt, answer);
    return answer;
  },
  abandon(scope, { id }) {
    if (id !== undefined) leaveUnattended(scope, id);
  },
});

/** Since October 2025 both actions have to be granted to whoever calls. */
function mayInvoke(scope: Scope, { functionName, qualifier, authType }: FunctionUrl): boolean {
  if (authType === "AWS_IAM") {
    if (scope.caller.type === "anonymous") return false;
    const arn = functionArn(scope, functionName, qualifier);
    const context = { "lambda:FunctionUrlAuthType": authType, "lambda:InvokedViaFunctionUrl": "true" };
    return ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"].every((action) => scope.refusal(action, arn, context) === undefined);
  }
  const context = { "lambda:FunctionUrlAuthType": authType, "lambda:InvokedViaFunctionUrl": "true" };
  return (["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] as const).every((action) =>
    isGranted(scope, functionName, qualifier, { action, context }),
  );
}

function qualifiedOf(scope: Scope, { functionName, qualifier }: FunctionUrl): Qualified | undefined {
  const fn = functions.get(scope, functionName);
  if (fn === undefined || qualifier === undefined) return fn && { scope, fn };
  const alias = aliases.get(scope, `${functionName}:${qualifier}`);
  return alias && { scope, fn, qualifier, alias };
}

function answerOfFunction({ outcome }: Invocation): UrlAnswer {
  const { payload, functionError } = outcome!;
  return functionError === undefined ? { status: 200, payload } : { ...answerOf(502, "Internal Server Error"), functionError };
}

function answerOf(status: 403 | 429 | 502, Message: string): UrlAnswer {
  return { status, payload: JSON.stringify({ Message }) };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html */
function report(scope: Scope, measured: FunctionUrl, beganAt: number, answer: UrlAnswer): void {
  const said = answer.status === 200 ? Number(parse(answer.payload)?.statusCode ?? 200) : answer.status;
  const own = { functionName: measured.functionName, ...(measured.qualifier !== undefined && { qualifier: measured.qualifier }) };
  measure(scope, own, "UrlRequestCount", 1);
  measure(scope, own, "UrlRequestLatency", scope.clock.now() - beganAt, "Milliseconds");
  measure(scope, own, "Url4xxCount", said >= 400 && said < 500 ? 1 : 0);
  measure(scope, own, "Url5xxCount", said >= 500 && said < 600 ? 1 : 0);
}
