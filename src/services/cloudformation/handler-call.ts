import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { InvalidStateTransitionException, OperationStatusCheckFailedException, RecordHandlerProgress$ } from "../../sdk/cloudformation.js";
import { typeArn } from "./type.ts";
import type { TypeVersion } from "./type-version.ts";
import { asText, isList, isObject, type Json, type JsonObject } from "./value.ts";

/** One use of a handler, from its first invocation to its last; its id is the bearer token that the handler sees. */
export interface HandlerCall extends Row {
  /** Invocations begun. */
  readonly invocations: number;
  /** How often it was asked again after an error that may pass. */
  readonly retries?: number;
  readonly startedAt: number;
  /** What the handler wants to find when it is invoked again, and when that is. */
  readonly callbackContext?: Json;
  readonly resumeAt?: number;
  /** As the handler left it when it said last that it is not done. */
  readonly model?: JsonObject;
  readonly outcome?: HandlerOutcome;
  readonly endedAt?: number;
}

export interface HandlerOutcome {
  readonly status: "SUCCESS" | "FAILED";
  readonly code?: string;
  readonly message?: string;
  readonly model?: JsonObject;
  readonly models?: readonly JsonObject[];
  readonly nextToken?: string;
  readonly annotations?: readonly JsonObject[];
  /** What a hook of a change set says besides: the stack needs no look of its own. */
  readonly skipsStack?: boolean;
}

export const handlerCalls = new Table<HandlerCall>("cloudformation/handler-call");

/** What a handler is asked, whichever protocol it speaks. */
export interface HandlerQuestion {
  /** Asking again with the same one goes on with the same call. */
  readonly key: string;
  /** Where it goes, and by what: the package of an extension, or somebody's function. */
  readonly to: { readonly arn: string; readonly version?: TypeVersion };
  /** Where the credentials of the extension's role belong in the payload. */
  readonly credentials?: { readonly at: readonly string[]; readonly as: "object" | "text" };
  readonly timeoutMs: number;
  /** How long one invocation is waited for. */
  readonly invocationMs?: number;
  /** Invocations that may end with IN_PROGRESS. */
  readonly invocationsMax?: number;
  /** Errors that may pass are tried again. */
  readonly retries?: boolean;
  /** The member of the answer that says how it stands. */
  readonly statusIn: "status" | "hookStatus";
  payload(call: {
    readonly token: string;
    readonly invocation: number;
    readonly callbackContext: Json;
    readonly model?: JsonObject;
  }): JsonObject;
}

export type HandlerProgress =
  | ({ readonly state: "done" } & HandlerOutcome)
  | { readonly state: "busy"; readonly because: string; readonly wakeAt?: number; readonly model?: JsonObject };

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
const RETRIABLE = ["NetworkFailure", "ResourceConflict", "ServiceInternalError", "Throttling"];
const RETRIES_MAX = 4;
const RETRY_MS = 5000;

/** A handler's function may run for so long; what takes longer comes back. */
const INVOCATION_MS = 60_000;

/**
 * Ask a handler, again and again while it says IN_PROGRESS, with what it wanted to find again.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-develop.html
 */
export function callHandler(scope: Scope, question: HandlerQuestion): HandlerProgress {
  const token = idsFrom(`handler ${question.key}`).uuid();
  const now = scope.clock.now();
  const call = handlerCalls.get(scope, token) ?? handlerCalls.put(scope, { id: token, invocations: 1, startedAt: now });
  const { outcome, resumeAt, invocations, model, callbackContext = null } = call;
  if (outcome !== undefined) return { state: "done", ...outcome };
  const seen = model === undefined ? {} : { model };
  const endsAt = call.startedAt + question.timeoutMs;
  if (now >= endsAt)
    return ended(scope, call, { status: "FAILED", code: "NotStabilized", message: "The handler did not come to an end in time." });
  if (resumeAt !== undefined && now < resumeAt)
    return { state: "busy", because: "its handler wants to be asked again", wakeAt: Math.min(resumeAt, endsAt), ...seen };
  const sent = scope.deliver(
    `cloudformation/handler/${token}/${invocations}`,
    question.to.arn,
    JSON.stringify(question.payload({ token, invocation: invocations, callbackContext, ...seen })),
    { from: "cloudformation.amazonaws.com", context: { reply: true, ...packageOf(question) } },
  );
  switch (sent.status) {
    case "PENDING": {
      if (question.invocationMs === undefined) return { state: "busy", because: "its handler runs", ...seen };
      const lateAt = sent.requestedAt + question.invocationMs;
      if (now < lateAt) return { state: "busy", because: "its handler runs", wakeAt: lateAt, ...seen };
      return ended(scope, call, { status: "FAILED", code: "InternalFailure", message: "The handler did not answer in time." });
    }
    case "FAILED":
      return ended(scope, call, { status: "FAILED", code: "InternalFailure", message: sent.reason ?? "Internal Failure" });
    case "DELIVERED":
      return answered(scope, call, question, read(sent.reply));
  }
}

/** The code that the delivery brings along, where it is not a function's. */
function packageOf({ to: { version }, credentials }: HandlerQuestion) {
  if (version?.handler === undefined) return {};
  const { handler, typeName, executionRoleArn, logging } = version;
  return {
    package: {
      digest: handler.digest,
      name: typeName.replaceAll("::", "-"),
      version: version.version,
      runtime: handler.runtime,
      handler: handler.entrypoint,
      timeoutMs: INVOCATION_MS,
      ...(executionRoleArn !== undefined && { roleArn: executionRoleArn }),
      ...(logging && { logGroup: logging.group }),
      credentialsAt: credentials?.at ?? [],
      credentialsAs: credentials?.as ?? ("object" as const),
    },
  };
}

/** Where the code of an extension is sent. */
export const packageArn = (scope: Scope, version: TypeVersion): string =>
  scope.arn("lambda", `package:${typeArn(scope, version).split("/").pop()}`);

function answered(
  scope: Scope,
  call: HandlerCall,
  { statusIn, retries, invocationsMax = Number.POSITIVE_INFINITY }: HandlerQuestion,
  event: JsonObject,
): HandlerProgress {
  const status = event[statusIn];
  const model = isObject(event["resourceModel"]) ? event["resourceModel"] : undefined;
  if (status === "IN_PROGRESS" || status === "PENDING") {
    if (call.invocations >= invocationsMax)
      return ended(scope, call, {
        status: "FAILED",
        code: "InternalFailure",
        message: `The handler was still in progress after ${invocationsMax} invocations.`,
      });
    const delaySeconds = Number(event["callbackDelaySeconds"] ?? 0);
    const next = handlerCalls.put(scope, {
      ...call,
      invocations: call.invocations + 1,
      callbackContext: event["callbackContext"] ?? null,
      resumeAt: scope.clock.now() + delaySeconds * 1000,
      ...(model && { model }),
    });
    return {
      state: "busy",
      because: "its handler wants to be asked again",
      wakeAt: next.resumeAt!,
      ...(next.model && { model: next.model }),
    };
  }
  const isAnswer = typeof status === "string";
  const message = isAnswer ? asText(event["message"]) : "The handler did not answer with a progress event.";
  if (status !== "SUCCESS" && status !== "CHANGE_SET_SUCCESS_SKIP_STACK_HOOK") {
    const code = asText(event["errorCode"]) ?? "InternalFailure";
    const tried = call.retries ?? 0;
    if (retries && RETRIABLE.includes(code) && tried < RETRIES_MAX) {
      const resumeAt = scope.clock.now() + RETRY_MS * 2 ** tried;
      handlerCalls.put(scope, { ...call, invocations: call.invocations + 1, retries: tried + 1, resumeAt });
      return {
        state: "busy",
        because: `its handler is asked again after ${code}`,
        wakeAt: resumeAt,
        ...(call.model && { model: call.model }),
      };
    }
    return ended(scope, call, { status: "FAILED", code, ...(message && { message }), ...(model && { model }), ...annotationsIn(event) });
  }
  const { resourceModels: models, nextToken } = event;
  return ended(scope, call, {
    status: "SUCCESS",
    ...(message && { message }),
    ...(model && { model }),
    ...(isList(models) && { models: models.filter(isObject) }),
    ...(typeof nextToken === "string" && nextToken !== "" && { nextToken }),
    ...annotationsIn(event),
    ...(status !== "SUCCESS" && { skipsStack: true }),
  });
}

const annotationsIn = ({ annotations }: JsonObject): Pick<HandlerOutcome, "annotations"> =>
  isList(annotations) ? { annotations: annotations.filter(isObject) } : {};

function ended(scope: Scope, call: HandlerCall, outcome: HandlerOutcome): HandlerProgress {
  handlerCalls.put(scope, { ...call, outcome, endedAt: scope.clock.now() });
  return { state: "done", ...outcome };
}

/** What a handler answers that answers nothing usable is a failure of its own. */
function read(reply: string | undefined): JsonObject {
  let found: Json | undefined;
  try {
    found = JSON.parse(reply ?? "") as Json;
  } catch {}
  return isObject(found) ? found : {};
}

const TRANSITIONS: Readonly<Record<string, readonly string[]>> = {
  PENDING: ["IN_PROGRESS", "FAILED"],
  IN_PROGRESS: ["IN_PROGRESS", "SUCCESS", "FAILED"],
};

/** How handlers of the first protocol tell how they stand, before their invocation ends. */
export const recordHandlerProgress = operation(
  RecordHandlerProgress$,
  (scope, { BearerToken, OperationStatus, CurrentOperationStatus, StatusMessage, ErrorCode, ResourceModel }) => {
    const call = handlerCalls.get(scope, BearerToken!);
    if (call === undefined)
      return fault(InvalidStateTransitionException, `No handler is in progress with the bearer token ${BearerToken}.`);
    const current = call.outcome?.status ?? "IN_PROGRESS";
    if (CurrentOperationStatus !== undefined && CurrentOperationStatus !== "PENDING" && CurrentOperationStatus !== current)
      fault(OperationStatusCheckFailedException, `The current status of the operation is ${current}, not ${CurrentOperationStatus}.`);
    if (!TRANSITIONS[current]?.includes(OperationStatus!))
      fault(InvalidStateTransitionException, `The status of the operation cannot change from ${current} to ${OperationStatus}.`);
    const model = ResourceModel === undefined ? undefined : read(ResourceModel);
    if (OperationStatus === "SUCCESS" || OperationStatus === "FAILED")
      ended(scope, call, {
        status: OperationStatus,
        ...(ErrorCode !== undefined && { code: ErrorCode }),
        ...(StatusMessage !== undefined && { message: StatusMessage }),
        ...(model && { model }),
      });
    else if (model !== undefined) handlerCalls.patch(scope, call.id, { model });
    return {};
  },
);
