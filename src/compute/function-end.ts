import type { InvocationResult, InvokeSpec } from "./job.ts";
import type { RuntimeEvent } from "./runtime-api.ts";

/** What can happen to an environment while something is awaited of it. */
export type EnvironmentEvent =
  | RuntimeEvent
  | { readonly type: "exited"; readonly code: number }
  | { readonly type: "timed out" }
  | { readonly type: "stopped" };

/** The end of an invocation in Lambda's words. */
export interface EndDescription extends Pick<InvocationResult, "payload" | "functionError"> {
  readonly type: "answered" | "failed" | "timed out" | "stopped";
  /** What Lambda adds to the log. */
  readonly lines: readonly string[];
  readonly failure?: { readonly status: "timeout" | "error"; readonly errorType?: string };
}

/** What is to be said of an invocation that ended with the event. */
export function describeEnd(event: EnvironmentEvent, { requestId, timeoutMs }: InvokeSpec): EndDescription {
  switch (event.type) {
    case "response":
      return { type: "answered", payload: event.payload, lines: [] };
    case "error":
      return { type: "answered", payload: event.payload, functionError: "Unhandled", lines: [] };
    case "init error":
      return {
        type: "failed",
        payload: event.payload,
        functionError: "Unhandled",
        lines: [],
        failure: { status: "error", ...errorTypeOf(event.payload) },
      };
    case "timed out": {
      const sentence = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
      const payload = JSON.stringify({ errorType: "Sandbox.Timedout", errorMessage: `RequestId: ${requestId} Error: ${sentence}` });
      const line = `${new Date().toISOString()} ${requestId} ${sentence}\n`;
      return { type: "timed out", payload, functionError: "Unhandled", lines: [line], failure: { status: "timeout" } };
    }
    case "exited": {
      const errorType = "Runtime.ExitError";
      const errorMessage = `RequestId: ${requestId} Error: Runtime exited ${exitOf(event.code)}`;
      const failure = { status: "error", errorType } as const;
      return {
        type: "failed",
        payload: JSON.stringify({ errorType, errorMessage }),
        functionError: "Unhandled",
        lines: [`${errorMessage}\n${errorType}`],
        failure,
      };
    }
    case "asking":
    case "stopped":
      return { type: "stopped", payload: "", lines: [], failure: { status: "error", errorType: "Slipway.Stopped" } };
  }
}

function exitOf(code: number): string {
  if (code === 0) return "without providing a reason";
  if (code === 137) return "with error: signal: killed";
  return `with error: exit status ${code}`;
}

function errorTypeOf(payload: string): { errorType?: string } {
  try {
    const { errorType } = JSON.parse(payload) as { errorType?: unknown };
    return typeof errorType === "string" ? { errorType } : {};
  } catch {
    return {};
  }
}
