import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Annotation } from "../../sdk/cloudformation.js";
import { callHandler, type HandlerProgress, packageArn } from "./handler-call.ts";
import { type Hook, type HookSubject, hooksFor } from "./hook.ts";
import { type HookResult, hookResults } from "./hook-result.ts";
import { LAMBDA_HOOK } from "./lambda-hook.ts";
import { resolvedConfiguration } from "./type-configuration.ts";
import { asText, type Json, type JsonObject } from "./value.ts";

/** A question to every hook that is to be asked about something. */
export interface HookQuestion extends HookSubject {
  /** Asking again with the same one goes on with the same question. */
  readonly key: string;
  readonly executionTarget: string;
  /** The logical id of a resource, or the name of a stack. */
  readonly logicalId: string;
  readonly stackId?: string;
  readonly changeSetId?: string;
  /** Of a resource. */
  readonly model?: { readonly resourceProperties?: JsonObject; readonly previousResourceProperties?: JsonObject };
  /** Of a stack or a change set: fetched by the hook from an address. */
  readonly document?: () => Json;
  /** Whether a hook need not be asked any more. */
  readonly isSettled?: (hook: Hook) => boolean;
}

export type HookVerdict =
  | { readonly state: "passed"; readonly results: readonly HookResult[] }
  | { readonly state: "busy"; readonly because: string; readonly wakeAt?: number }
  /** In CloudFormation's words. */
  | { readonly state: "failed"; readonly reason: string };

const INVOCATIONS_MAX = 3;
const INVOCATION_MS = 30_000;
const HOUR = 3_600_000;

/**
 * Ask the hooks before something is done, all of them at once; `tell` hears of each beginning and each end.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/hooks-concepts.html
 */
export function askHooks(scope: Scope, question: HookQuestion, tell: (result: HookResult) => void = () => {}): HookVerdict {
  const hooks = hooksFor(scope, question).filter((hook) => !question.isSettled?.(hook));
  const results = hooks.map((hook) => askHook(scope, hook, question, tell));
  const failed = results.filter(({ row: { status, failureMode } }) => failureMode === "FAIL" && isBad(status));
  const open = results.filter(({ row }) => row.endedAt === undefined);
  if (open.length > 0) {
    const instants = open.flatMap(({ wakeAt }) => wakeAt ?? []);
    const because = `the hook ${open[0]!.row.typeName} is asked`;
    return { state: "busy", because, ...(instants.length > 0 && { wakeAt: Math.min(...instants) }) };
  }
  if (failed.length === 0) return { state: "passed", results: results.map(({ row }) => row) };
  return { state: "failed", reason: `The following hook(s) failed: [${failed.map(({ row }) => row.typeName).join(", ")}]` };
}

const isBad = (status: HookResult["status"]): boolean => status === "HOOK_COMPLETE_FAILED" || status === "HOOK_FAILED";

/** What a hook was asked about before is what it is asked about now: one that came to be meanwhile is not asked. */
function askHook(
  scope: Scope,
  hook: Hook,
  question: HookQuestion,
  tell: (result: HookResult) => void,
): { readonly row: HookResult; readonly wakeAt?: number } {
  const id = idsFrom(`hook ${question.key} ${hook.typeName}`).uuid();
  const known = hookResults.get(scope, id);
  if (known?.endedAt !== undefined) return { row: known };
  const row = known ?? begin(scope, id, hook, question);
  if (known === undefined) tell(row);
  const progress = call(scope, hook, question, row);
  if (progress.state === "busy") return { row, ...(progress.wakeAt !== undefined && { wakeAt: progress.wakeAt }) };
  const ended = end(scope, row, progress);
  tell(ended);
  return { row: ended };
}

function begin(
  scope: Scope,
  id: string,
  { typeName, originalTypeName, arn, version, configuration, configurationVersion }: Hook,
  question: HookQuestion,
): HookResult {
  const { operation, name, action, logicalId, executionTarget, document } = question;
  return hookResults.put(scope, {
    id,
    typeName,
    originalTypeName,
    typeArn: arn,
    versionId: version.version,
    configurationVersion,
    failureMode: configuration.failureMode,
    status: "HOOK_IN_PROGRESS",
    invokedAt: scope.clock.now(),
    operation,
    executionTarget,
    targetName: name,
    targetId: logicalId,
    action,
    ...(document && { payload: scope.blobs.write(Buffer.from(JSON.stringify(document()))).digest }),
  });
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/lambda-hooks-create-lambda-function.html */
function call(scope: Scope, hook: Hook, question: HookQuestion, { id, payload }: HookResult): HandlerProgress {
  const { originalTypeName, version, configuration, typeName } = hook;
  const { name, action, logicalId, model, stackId, changeSetId } = question;
  const properties = resolvedConfiguration(scope, configuration.properties);
  if (properties.state === "busy") return { state: "busy", because: properties.because };
  if (properties.state === "error")
    return { state: "done", status: "FAILED", code: "InvalidTypeConfiguration", message: properties.message };
  const isLambdaHook = originalTypeName === LAMBDA_HOOK;
  return callHandler(scope, {
    key: `hook ${id}`,
    to: isLambdaHook ? { arn: asText(configuration.properties["LambdaFunction"]) ?? "" } : { arn: packageArn(scope, version), version },
    ...(!isLambdaHook && {
      credentials: { at: ["requestData/callerCredentials", "requestData/providerCredentials"], as: "text" as const },
    }),
    timeoutMs: HOUR,
    invocationMs: INVOCATION_MS,
    invocationsMax: INVOCATIONS_MAX,
    statusIn: "hookStatus",
    payload: ({ token, invocation, callbackContext }) => ({
      clientRequestToken: token,
      awsAccountId: scope.account,
      stackId: stackId ?? null,
      changeSetId: changeSetId ?? null,
      hookTypeName: typeName,
      hookTypeVersion: version.version,
      hookModel: properties.value,
      actionInvocationPoint: `${action}_PRE_PROVISION`,
      requestData: {
        targetName: name,
        targetType: name,
        targetLogicalId: logicalId,
        ...(model && { targetModel: model as JsonObject }),
        ...(payload !== undefined && { payload: documentUrl(scope, payload) }),
        ...(!isLambdaHook && { providerLogGroupName: version.logging?.group ?? null }),
      },
      requestContext: { invocation, callbackContext },
    }),
  });
}

const documentUrl = (scope: Scope, digest: string): string =>
  `${scope.settings.endpoint}/_cloudformation/hook-payload/${digest.slice("sha256:".length)}`;

function end(
  scope: Scope,
  row: HookResult,
  { status, code, message, annotations, skipsStack }: Extract<HandlerProgress, { state: "done" }>,
): HookResult {
  const said = message === undefined || message === "" ? "" : ` with message: ${message}`;
  const passed = status === "SUCCESS";
  const judged = passed ? "HOOK_COMPLETE_SUCCEEDED" : code === "NonCompliant" ? "HOOK_COMPLETE_FAILED" : "HOOK_FAILED";
  return hookResults.put(scope, {
    ...row,
    status: judged,
    reason: `Hook ${passed ? "succeeded" : "failed"}${said}`,
    endedAt: scope.clock.now(),
    ...(annotations && { annotations: annotations.map(annotation) }),
    ...(skipsStack && { skipsStack }),
  });
}

const annotation = (one: JsonObject): Annotation => {
  const text = (name: string, as: string): object => (typeof one[name] === "string" ? { [as]: one[name] } : {});
  return {
    ...text("annotationName", "AnnotationName"),
    ...text("status", "Status"),
    ...text("statusMessage", "StatusMessage"),
    ...text("remediationMessage", "RemediationMessage"),
    ...text("remediationLink", "RemediationLink"),
    ...text("severityLevel", "SeverityLevel"),
  };
};
