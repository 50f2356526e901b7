import type { Scope } from "../kernel/scope.ts";
import { Table } from "../kernel/table.ts";

/**
 * Something to be done outside the ledger. The row says what should run; a driver does it and reports by changing the
 * row. A task ends; a service stays until it is stopped.
 */
export interface Job {
  /** Derived from what asked for it, so that asking twice is asking once. */
  readonly id: string;
  readonly class: "task" | "service";
  readonly spec: JobSpec;
  readonly status: JobStatus;
  /** The owner wants it gone; the driver kills its whole process tree and reports STOPPED. */
  readonly stopRequested?: boolean;
  /** Instants, in milliseconds. */
  readonly requestedAt: number;
  readonly startedAt?: number;
  /** A service that has said, from within, that it is there. */
  readonly readyAt?: number;
  readonly endedAt?: number;
  /** SUCCEEDED and FAILED carry what came of it; the shape belongs to the spec. */
  readonly result?: JobResult;
  /** One sentence, where it did not succeed. */
  readonly reason?: string;
  /** command: what its script has told of itself so far, line by line; see `mark`. */
  readonly progress?: readonly JobProgress[];
}

/** One line that a script tells of itself while it runs. */
export interface JobProgress {
  readonly at: number;
  readonly text: string;
}

/** LOST: it should be running and its driver does not know it (the process died with us); the owner decides. */
export type JobStatus = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "STOPPED" | "LOST";

export type JobSpec = CommandSpec | InvokeSpec | HttpSpec | GitSpec | TcpSpec | InstanceSpec | InstanceCommandSpec;

/** Where the lines of a job's output go: a log stream of CloudWatch Logs. */
export interface JobLog {
  readonly group: string;
  readonly stream: string;
}

/** The role whose credentials the job gets, and the partition its calls go to. */
export interface JobIdentity {
  readonly accountId: string;
  readonly region: string;
  readonly roleArn?: string;
  /** The session name of the job's credentials, such as AWSCodeBuild-<uuid>. */
  readonly sessionName: string;
}

/** A shell script in a sandbox of its own. Files outlive it in `workspace`, for the next job of the same workspace. */
export interface CommandSpec {
  readonly type: "command";
  readonly identity: JobIdentity;
  /** A directory kept between jobs of the same name; released by `releaseWorkspace`. */
  readonly workspace: string;
  /** Put there first, in order: files, or zip archives unpacked. Paths are relative to the workspace, or to its home. */
  readonly inputs?: readonly CommandInput[];
  /** A git clone put there first, from a repository of ours. */
  readonly checkout?: { readonly repositoryId: string; readonly commit: string; readonly path: string; readonly full?: boolean };
  readonly script: string;
  readonly shell?: "sh" | "bash";
  /** Relative to the workspace. */
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log?: JobLog;
  /** A file of the workspace that the lines of the log are written to as well. */
  readonly logFile?: string;
  /** What begins a line of output that is none of the log's: the rest of it is told in `progress` of the job, at once. */
  readonly mark?: string;
  /** What the script itself says, in lines that begin with the mark and `say `, the log shows behind this word and the cloud's time. */
  readonly saysAs?: string;
  /** Texts that the log shows as ***. */
  readonly secrets?: readonly string[];
  /** After the script, whatever its exit code: files to keep as blobs. */
  readonly outputs?: readonly CommandOutput[];
}

export interface CommandInput {
  readonly path: string;
  readonly digest: string;
  readonly unpack?: "zip";
  readonly mode?: number;
  /** Relative to the home directory, not to the workspace. */
  readonly inHome?: boolean;
}

export type CommandOutput =
  /** The text of one file, at most 256 kB, trimmed of nothing; absent if there is no such file. */
  | { readonly name: string; readonly type: "file"; readonly path: string }
  /** A zip of what matches. */
  | ({ readonly name: string; readonly type: "zip" } & MatchingFiles)
  /** What matches, each file a blob of its own. */
  | ({ readonly name: string; readonly type: "files" } & MatchingFiles);

/** Which files, as AWS CodeBuild's artifacts name them. */
export interface MatchingFiles {
  readonly base: string;
  readonly files: readonly string[];
  readonly exclude?: readonly string[];
  readonly discardPaths?: boolean;
  /** Symbolic links become what they point to, as far as that is a file; otherwise they stay links. */
  readonly followLinks?: boolean;
  /** `base` is relative to the home directory, not to the workspace. */
  readonly inHome?: boolean;
}

/** What became of an output: the text of a file, the digest and size of a zip, or the files that matched. */
export interface KeptOutput {
  readonly text?: string;
  readonly digest?: string;
  readonly size?: number;
  readonly files?: readonly { readonly path: string; readonly digest: string; readonly size: number }[];
}

/** One invocation of a function's code, in an environment that is kept warm between invocations. */
export interface InvokeSpec {
  readonly type: "invoke";
  readonly identity: JobIdentity;
  /** Environments are reused by invocations of the same key: function, version and everything its sandbox is made of. */
  readonly environment: string;
  readonly functionArn: string;
  readonly functionName: string;
  readonly version: string;
  /** Such as nodejs22.x or python3.13. */
  readonly runtime: string;
  readonly handler: string;
  /** The digest of the zip with the code. */
  readonly code: string;
  readonly layers?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly payload: string;
  readonly requestId: string;
  readonly clientContext?: string;
  readonly traceId?: string;
  readonly log?: JobLog;
  /** Where in the payload the hands put the job's credentials, so that no row holds them. */
  readonly credentialsAt?: { readonly paths: readonly string[]; readonly as: "object" | "text" };
}

export interface HttpSpec {
  readonly type: "http";
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** The instance whose own port the URL names, instead of one of this machine. */
  readonly instanceId?: string;
  /** What the server proves itself by, where no well-known authority does: PEM. */
  readonly certificate?: string;
}

/** A connection that is opened and closed again. */
export interface TcpSpec {
  readonly type: "tcp";
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** The instance whose own port it is. */
  readonly instanceId?: string;
}

/** A machine that stays until it is stopped. Its files are kept as long as a job's row names it. */
export interface InstanceSpec {
  readonly type: "instance";
  readonly instanceId: string;
  readonly hostName: string;
  readonly region: string;
  /** What it is told about itself, by path below /latest of its metadata, such as meta-data/instance-id. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Only with a token (IMDSv2), or also without. */
  readonly metadataTokens: "required" | "optional";
  /** The role of its instance profile, by the name that metadata has for it. */
  readonly role?: { readonly name: string; readonly profileArn: string; readonly profileId: string; readonly identity: JobIdentity };
  /** Run once, at its first start: base64. */
  readonly userData?: string;
  readonly programs: readonly InstanceProgram[];
}

/** What its image starts at boot, and starts again should it end. */
export interface InstanceProgram {
  readonly name: string;
  /** The module of src/instance that it is, such as codedeploy-agent. */
  readonly module: string;
}

/** Shell commands in an instance that runs, as its root: what SSM's AWS-RunShellScript is on AWS. */
export interface InstanceCommandSpec {
  readonly type: "instance-command";
  readonly instanceId: string;
  /** First the instance fetches a zip archive, with the keys of its own role, and unpacks it to a new folder. */
  readonly download?: { readonly bucket: string; readonly key: string; readonly folder: string };
  /** Lines of one script. */
  readonly commands: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log?: JobLog;
}

/** Git plumbing on a bare repository of ours. */
export interface GitSpec {
  readonly type: "git";
  readonly repositoryId: string;
  /** Run in order, each with its own standard input; the first that fails ends the job. No shell. */
  readonly commands: readonly GitCommand[];
  /** What a server that is fetched from proves itself by, where no well-known authority does: PEM. */
  readonly certificate?: string;
  /** The digest of a zip: its files are the work tree of the commands. */
  readonly workTree?: string;
  /** Nothing is asked of the repository: it goes, with all of its objects. */
  readonly remove?: true;
  /** It comes to be when it is first asked for, but not by this. */
  readonly mustExist?: true;
}

export interface GitCommand {
  readonly args: readonly string[];
  /** Text, or pieces of text and of blobs one after the other. */
  readonly stdin?: string | readonly GitInput[];
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of git, besides those that it has anyway. */
  readonly config?: Readonly<Record<string, string>>;
  /** Its exit code is an answer: the job goes on whatever it is. */
  readonly mayFail?: true;
}

/** A piece of what git reads: text, or a blob of ours. */
export type GitInput = string | { readonly digest: string };

export interface JobResult {
  /** command, instance-command: the exit code. */
  readonly exitCode?: number;
  /** command: by name of the output. instance-command: `output` is the end of what was written. */
  readonly outputs?: Readonly<Record<string, KeptOutput>>;
  /** invoke */
  readonly invocation?: InvocationResult;
  /** http */
  readonly response?: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
  /** git: of each command, in order, base64 where it is not UTF-8. */
  readonly git?: readonly { readonly exitCode: number; readonly stdout: string; readonly base64?: true; readonly stderr: string }[];
}

export interface InvocationResult {
  readonly payload: string;
  readonly functionError?: "Handled" | "Unhandled";
  /** The last 4 kB of the log, as text. */
  readonly logTail: string;
  /** milliseconds */
  readonly durationMs: number;
  readonly initMs?: number;
  readonly maxMemoryMb: number;
}

export const jobs = new Table<Job>("compute/job", { indexes: { active: (job) => (isOver(job) ? undefined : job.status) } });

/** What an instance has written to its console, the last 64 kB of it. */
export interface Console {
  /** That of the instance. */
  readonly id: string;
  readonly text: string;
  readonly writtenAt: number;
}

export const consoles = new Table<Console>("compute/console", { stored: true });

export const isOver = ({ status }: Job): boolean => status !== "PENDING" && status !== "RUNNING";

/** Make sure that the job was asked for, and say how it stands. */
export function ensureJob(scope: Scope, id: string, spec: JobSpec, jobClass: Job["class"] = "task"): Job {
  return jobs.get(scope, id) ?? jobs.put(scope, { id, class: jobClass, spec, status: "PENDING", requestedAt: scope.clock.now() });
}

/** The same of a job that only reads, or may be done twice: where the process died with it, it is asked for again. */
export function ensureReading(scope: Scope, id: string, spec: JobSpec): Job {
  const job = ensureJob(scope, id, spec);
  if (job.status !== "LOST") return job;
  forgetJob(scope, id);
  return ensureJob(scope, id, spec);
}

/** Ask for a job to be stopped; one that never started is stopped at once. */
export function stopJob(scope: Scope, id: string): void {
  const job = jobs.get(scope, id);
  if (job === undefined || isOver(job) || job.stopRequested) return;
  if (job.status === "PENDING") jobs.patch(scope, id, { status: "STOPPED", stopRequested: true, endedAt: scope.clock.now() });
  else jobs.patch(scope, id, { stopRequested: true });
}

/** Forget a job that is over, once its owner has taken what came of it. */
export function forgetJob(scope: Scope, id: string): void {
  const job = jobs.get(scope, id);
  if (job !== undefined && isOver(job)) jobs.remove(scope, id);
}
