import { consoles, type HttpSpec, type InstanceCommandSpec, isOver, type Job, jobs, type TcpSpec } from "../compute/job.ts";
import type { SimulatedOutcome } from "../compute/simulated.ts";
import type { Rest } from "../kernel/loop.ts";
import type { Scope } from "../kernel/scope.ts";
import { type AgentDoing, actAsAgent } from "./agent.ts";

/** What instances answer in a world, by the instance, its port and a path; undefined where nobody listens. */
export interface InstanceDoings {
  readonly answer?: (
    instanceId: string,
    port: number,
    path: string,
    scope: Scope,
  ) => { readonly status: number; readonly body?: string } | undefined;
  /** Whether its first process comes up; it does where nothing is said. */
  readonly boots?: (instanceId: string) => boolean;
  /** What the CodeDeploy agent of an instance does with an event; without, there is no agent. */
  readonly deploys?: (instanceId: string, event: string, deploymentId: string) => AgentDoing;
  /** What becomes of commands that it is given; they succeed at once where nothing is said. */
  readonly runs?: (instanceId: string, spec: InstanceCommandSpec) => CommandDoing;
}

/** How the commands that an instance is given end. */
export interface CommandDoing {
  readonly takesMs?: number;
  /** 0 by default. */
  readonly exitCode?: number;
  readonly output?: string;
  /** Instead of an end of their own. */
  readonly ends?: "LOST" | "TIMED_OUT";
}

export function endOfCommand({ spec }: Job, { runs }: InstanceDoings = {}): SimulatedOutcome {
  if (spec.type !== "instance-command") throw new Error(`${spec.type} is no command of an instance`);
  const { takesMs: afterMs = 0, exitCode = 0, output = "", ends } = runs?.(spec.instanceId, spec) ?? {};
  if (ends !== undefined) return { afterMs, status: ends, reason: `It was ${ends.toLowerCase()}.` };
  const result = { exitCode, outputs: { output: { text: output } } };
  if (exitCode === 0) return { afterMs, status: "SUCCEEDED", result };
  return { afterMs, status: "FAILED", reason: `failed to run commands: exit status ${exitCode}`, result };
}

/** The twin of an instance: there at once, until it is stopped. Its user data is written to its console instead of being run. */
export function keepInstance(scope: Scope, job: Job, doings: InstanceDoings = {}): Rest | undefined {
  if (job.spec.type !== "instance" || isOver(job)) return undefined;
  const now = scope.clock.now();
  if (job.stopRequested) {
    jobs.patch(scope, job.id, { status: "STOPPED", endedAt: now, reason: "It was stopped." });
    return undefined;
  }
  if (job.status === "PENDING") {
    const { instanceId, userData = "" } = job.spec;
    if (doings.boots?.(instanceId) === false) {
      jobs.patch(scope, job.id, { status: "FAILED", startedAt: now, endedAt: now, reason: "Its first process ended with 1." });
      return undefined;
    }
    consoles.put(scope, { id: instanceId, text: Buffer.from(userData, "base64").toString(), writtenAt: now });
    jobs.patch(scope, job.id, { status: "RUNNING", startedAt: now, readyAt: now });
    return undefined;
  }
  const { deploys } = doings;
  const { instanceId } = job.spec;
  const busy = deploys && actAsAgent(scope, instanceId, (event, deploymentId) => deploys(instanceId, event, deploymentId));
  return busy ?? { kind: "deadline", because: "the simulated instance runs until it is stopped" };
}

/** A request into an instance: answered as told where the instance runs. */
export function answerOfInstance(scope: Scope, job: Job, spec: HttpSpec | TcpSpec, doings: InstanceDoings = {}): undefined {
  if (isOver(job)) return undefined;
  const endedAt = scope.clock.now();
  const id = spec.instanceId!;
  const runs = jobs
    .list(scope)
    .some((one) => one.spec.type === "instance" && one.spec.instanceId === id && one.status === "RUNNING" && !one.stopRequested);
  const url = spec.type === "http" ? new URL(spec.url) : undefined;
  const port = spec.type === "tcp" ? spec.port : Number(url!.port || 80);
  const answer = runs ? doings.answer?.(id, port, url?.pathname ?? "", scope) : undefined;
  if (answer === undefined) {
    jobs.patch(scope, job.id, { status: "FAILED", startedAt: endedAt, endedAt, reason: `Nobody listens at port ${port} of ${id}.` });
    return undefined;
  }
  const response = { status: answer.status, headers: {}, body: answer.body ?? "" };
  jobs.patch(scope, job.id, { status: "SUCCEEDED", startedAt: endedAt, endedAt, ...(url !== undefined && { result: { response } }) });
}
