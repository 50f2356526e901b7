import type { HandsBackend } from "./backend.ts";
import { CommandDriver } from "./command.ts";
import { FunctionDriver } from "./function.ts";
import { GitDriver } from "./git.ts";
import { Hands } from "./hands.ts";
import { HttpDriver } from "./http.ts";
import { InstanceDriver } from "./instance.ts";
import { InstanceCommandDriver } from "./instance-command.ts";
import { Processes, type ProcessOptions } from "./process.ts";
import { Repositories } from "./repository.ts";
import { type Connect, TcpDriver } from "./tcp.ts";

/** The hands of a cloud that executes, at work. */
export interface RealHands {
  readonly repositories: Repositories;
  /** How processes are confined on this machine. */
  readonly sandbox: "bubblewrap" | "plain";
  /** A connection to a port of an instance that runs. */
  readonly connect: Connect;
  /** Remove the files of an instance that is terminated. */
  releaseInstance(id: string): Promise<void>;
  /** Remove a workspace; whoever owns it has taken what it wants. */
  releaseWorkspace(name: string): Promise<void>;
  /** Stop everything that runs. */
  close(): Promise<void>;
}

/** End what an earlier life left behind, and set to work. Workspaces that no job row names any more are removed. */
export async function startHands(backend: HandsBackend, options: ProcessOptions = {}): Promise<RealHands> {
  const processes = new Processes(backend.folder, options);
  processes.endLeftOvers();
  const repositories = new Repositories(backend.folder);
  const command = new CommandDriver(backend, processes, repositories);
  const invoke = new FunctionDriver(backend, processes);
  const instanceCommand = new InstanceCommandDriver(backend);
  const instance = new InstanceDriver(backend, processes, instanceCommand);
  const connect: Connect = (instanceId, port) => instance.connect(instanceId, port);
  const machines = backend.jobs().flatMap(({ job }) => (job.spec.type === "instance" ? [job.spec.instanceId] : []));
  const kept = backend.jobs().flatMap(({ job }) => (job.spec.type === "command" ? [job.spec.workspace] : []));
  await Promise.all([command.sweepWorkspaces(new Set(kept)), invoke.sweep(), instance.sweep(new Set(machines))]);
  const hands = new Hands(backend, {
    command,
    invoke,
    git: new GitDriver(repositories, backend.blobs),
    http: new HttpDriver(connect),
    tcp: new TcpDriver(connect),
    instance,
    "instance-command": instanceCommand,
  });
  hands.start();
  return {
    repositories,
    sandbox: processes.sandbox.kind,
    connect,
    releaseInstance: (id) => instance.release(id),
    releaseWorkspace: (name) => command.releaseWorkspace(name),
    async close() {
      await hands.close();
      await processes.close();
    },
  };
}
