import { parseArn } from "../../kernel/arn.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Invocation, Outcome } from "./invocation.ts";
import { functionArn, LATEST } from "./name.ts";

/** How an event ended. */
export type Condition = "Success" | "RetriesExhausted" | "EventAgeExceeded";

/** Where to tell of it. */
export interface Destinations {
  readonly destination?: string;
  /** Of the function's own configuration; told of failures only. */
  readonly deadLetterArn?: string;
}

/** As Lambda shortens it in a dead letter's attributes, in characters. */
const ERROR_MESSAGE_MAX = 1024;

/**
 * Tell the destination, and the dead-letter queue of what failed, how an event ended.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function passOn(scope: Scope, invocation: Invocation, condition: Condition, { destination, deadLetterArn }: Destinations): void {
  if (destination !== undefined) sendRecord(scope, destination, invocation, condition);
  if (deadLetterArn !== undefined && condition !== "Success") sendDeadLetter(scope, deadLetterArn, invocation);
}

function sendRecord(scope: Scope, arn: string, invocation: Invocation, condition: Condition): void {
  const parsed = parseArn(arn);
  const record = recordOf(scope, invocation, condition);
  if (parsed?.service !== "events") {
    scope.deliver(`lambda/${invocation.id}/destination`, arn, JSON.stringify(record), from(scope, invocation));
    return;
  }
  scope.at(arn).emit({
    source: "lambda",
    detailType: `Lambda Function Invocation Result - ${condition === "Success" ? "Success" : "Failure"}`,
    detail: record,
    resources: [arn, record.requestContext.functionArn],
    bus: parsed.resource.slice("event-bus/".length),
  });
}

function sendDeadLetter(scope: Scope, arn: string, invocation: Invocation): void {
  const { id, event } = invocation;
  const message = errorMessageOf(event?.lastOutcome).slice(0, ERROR_MESSAGE_MAX);
  const attributes = { RequestID: id, ErrorCode: "200", ...(message !== "" && { ErrorMessage: message }) };
  const { from: sender, context } = from(scope, invocation);
  scope.deliver(`lambda/${id}/dead-letter`, arn, event!.payload, { from: sender, context: { ...context, attributes } });
}

function recordOf(scope: Scope, { id, functionName, qualifier, event, attempts, version }: Invocation, condition: Condition) {
  const outcome = event?.lastOutcome;
  return {
    version: "1.0",
    timestamp: new Date(scope.clock.now()).toISOString(),
    requestContext: {
      requestId: id,
      functionArn: functionArn(scope, functionName, qualifier ?? LATEST),
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(event!.payload),
    ...(outcome !== undefined && {
      responseContext: {
        statusCode: 200,
        executedVersion: version!,
        ...(outcome.functionError && { functionError: outcome.functionError }),
      },
      responsePayload: parse(outcome.payload),
    }),
  };
}

const from = (scope: Scope, { functionName }: Invocation) => ({
  from: "lambda.amazonaws.com",
  context: { sourceArn: functionArn(scope, functionName) },
});

/** What a function answered is text, and JSON only as a rule. */
export function parse(payload: string): any {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

const errorMessageOf = (outcome: Outcome | undefined): string => String(parse(outcome?.payload ?? '""')?.errorMessage ?? "");
