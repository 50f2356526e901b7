import { type CommandSpec, type HttpSpec, type InvokeSpec, type Job, jobs } from "../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../compute/simulated.ts";
import type { BlobRef } from "../kernel/blob.ts";
import type { Loop } from "../kernel/loop.ts";
import { answerOfInstance, endOfCommand, type InstanceDoings, keepInstance } from "./instance.ts";
import { answerRequest } from "./request.ts";

/** What the work outside comes to in a world; what is left out succeeds at once. */
export interface Doings {
  /** A zip with a commit's files; its bytes have to be among the world's blobs. */
  readonly files?: (commit: string) => BlobRef;
  /** The text of the buildspec that builds find in their source. */
  readonly buildspec?: string;
  readonly build?: (spec: CommandSpec, id: string) => BuildOutcome;
  readonly invoke?: (spec: InvokeSpec, id: string) => InvokeOutcome;
  /** What instances answer at their ports. */
  readonly instance?: InstanceDoings;
  /** What a server outside answers; undefined where none is there. */
  readonly server?: (spec: HttpSpec) => ServerAnswer | undefined;
}

export interface ServerAnswer {
  readonly status: number;
  readonly body: string;
}

/** How the commands of a build end. */
export interface BuildOutcome {
  readonly takesMs: number;
  /** The exit code of its first command; 0 by default. */
  readonly exitCode?: number;
  /** Instead of an end of their own. */
  readonly ends?: "LOST" | "TIMED_OUT";
}

/** How a function answers. */
export interface InvokeOutcome {
  readonly takesMs: number;
  /** What it returns: any JSON. */
  readonly returns?: unknown;
  /** The message of the error that it throws instead. */
  readonly throws?: string;
  readonly ends?: "LOST" | "TIMED_OUT";
}

/** Hands for a world: builds, functions and git that end as told; requests to function URLs really invoke the function. */
export function handsThat(doings: Doings): Loop<Job> {
  const others = simulatedHands((job) => outcomeOf(job, doings));
  return {
    table: jobs,
    turn(scope, job) {
      const { spec } = job;
      if (spec.type === "instance") return keepInstance(scope, job, doings.instance);
      if ((spec.type === "http" || spec.type === "tcp") && spec.instanceId !== undefined)
        return answerOfInstance(scope, job, spec, doings.instance);
      const isOurs = spec.type === "http" && doings.server?.(spec) === undefined;
      return isOurs ? answerRequest(scope, job, spec) : others.turn(scope, job);
    },
  };
}

function outcomeOf(job: Job, doings: Doings): SimulatedOutcome {
  const { id, spec } = job;
  switch (spec.type) {
    case "command":
      return id.endsWith("/commands") ? endOfBuild(job, spec, doings) : packed(spec, doings);
    case "invoke":
      return endOfInvocation(job, spec, doings);
    case "instance-command":
      return endOfCommand(job, doings.instance);
    case "git":
      return {
        afterMs: 0,
        status: "SUCCEEDED",
        result: { git: spec.commands.map(({ stdin }) => gitAnswer(typeof stdin === "string" ? stdin : "")) },
      };
    case "http":
      return { afterMs: 0, status: "SUCCEEDED", result: { response: { headers: {}, ...doings.server!(spec)! } } };
    case "tcp":
    case "instance":
      throw new Error(`${spec.type} job ${id} has a loop of its own`);
  }
}

/** A build's script tells of its phases as it goes through them: all of the time goes into the build phase. */
function endOfBuild({ id }: Job, spec: CommandSpec, { build }: Doings): SimulatedOutcome {
  const { takesMs, exitCode = 0, ends } = build?.(spec, id) ?? { takesMs: 0 };
  const before = ["enter INSTALL", "leave INSTALL 0 -", "enter PRE_BUILD", "leave PRE_BUILD 0 -", "enter BUILD"];
  const after = [`leave BUILD ${exitCode} ${exitCode === 0 ? "-" : "build:0"}`, "enter POST_BUILD", "leave POST_BUILD 0 -"];
  const told = before.map((text) => ({ afterMs: 0, text }));
  if (ends !== undefined) return { afterMs: takesMs, status: ends, reason: `It was ${ends.toLowerCase()}.`, progress: told };
  const progress = [...told, ...after.map((text) => ({ afterMs: takesMs, text }))];
  return { afterMs: takesMs, status: "SUCCEEDED", result: { outputs: {} }, progress };
}

/** Sources are read, commits archived and artifacts packed at once. */
function packed(spec: CommandSpec, { files, buildspec }: Doings): SimulatedOutcome {
  const commit = spec.checkout?.commit;
  const outputs = (spec.outputs ?? []).map(({ name, type }) => {
    if (type === "file") return [name, name === "buildspec" && buildspec !== undefined ? { text: buildspec } : {}];
    return [name, files?.(commit ?? "") ?? {}];
  });
  return { afterMs: 0, status: "SUCCEEDED", result: { outputs: Object.fromEntries(outputs) } };
}

function endOfInvocation(job: Job, spec: InvokeSpec, { invoke }: Doings): SimulatedOutcome {
  const { takesMs, returns = null, throws, ends } = invoke?.(spec, job.id) ?? { takesMs: 0 };
  if (ends !== undefined) return { afterMs: takesMs, status: ends, reason: `It was ${ends.toLowerCase()}.` };
  const log = { logTail: `START RequestId: ${spec.requestId} Version: ${spec.version}\n`, durationMs: takesMs, maxMemoryMb: 64 };
  if (throws === undefined)
    return { afterMs: takesMs, status: "SUCCEEDED", result: { invocation: { payload: JSON.stringify(returns), ...log } } };
  const payload = JSON.stringify({ errorType: "Error", errorMessage: throws, trace: [] });
  return { afterMs: takesMs, status: "FAILED", result: { invocation: { payload, functionError: "Unhandled", ...log } } };
}

/** Whatever `cat-file --batch` is asked for is a commit of nobody in particular. */
function gitAnswer(asked: string) {
  const objects = asked
    .split("\n")
    .filter((id) => /^[0-9a-f]{40}$/.test(id))
    .map((id) => {
      const who = "Developer <developer@example.com> 1767225600 +0000";
      const text = `tree ${id}\nauthor ${who}\ncommitter ${who}\n\nCommit ${id.slice(0, 8)}\n`;
      return `${id} commit ${text.length}\n${text}\n`;
    });
  return { exitCode: 0, stdout: objects.join(""), stderr: "" };
}
