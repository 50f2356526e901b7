import type { Stored } from "../../kernel/json.ts";
import type { Row } from "../../kernel/table.ts";
import type {
  ActionExecutionStatus,
  ApprovalResult,
  EnvironmentVariable,
  ErrorDetails,
  SourceRevisionOverride,
} from "../../sdk/codepipeline.js";
import type { Artifact } from "./artifact.ts";
import type { Revision } from "./provider.ts";

/** One try of an action, or of a rule of a condition: what it works with, and what came of it. */
export interface Run extends Row {
  /** The id of the action execution, or of the rule execution. */
  readonly actionExecutionId: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly executionId: string;
  /** The execution's row. */
  readonly execution: string;
  readonly stage: string;
  /** The name of the action, or of the rule. */
  readonly action: string;
  readonly type: { readonly category: string; readonly owner: string; readonly provider: string; readonly version: string };
  readonly status: ActionExecutionStatus;
  /** As declared, and with the variables' values in it. */
  readonly declared: Readonly<Record<string, string>>;
  readonly configuration: Readonly<Record<string, string>>;
  readonly roleArn?: string;
  readonly region: string;
  readonly timeoutAt: number;
  readonly inputs: readonly Artifact[];
  /** The names of the artifacts that it is to give. */
  readonly outputs: readonly string[];
  /** What it runs, where it runs commands. */
  readonly shell?: ShellWork;
  /** Which revision a source is to take, where whoever started the execution said so. */
  readonly overrides?: readonly Stored<SourceRevisionOverride>[];
  /** The push or pull request that a source is taken for. */
  readonly pushed?: Pushed;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly updatedBy?: string;
  readonly summary?: string;
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  readonly logStreamArn?: string;
  readonly percentComplete?: number;
  readonly errorDetails?: Stored<ErrorDetails>;
  /** What an approval is answered with. */
  readonly token?: string;
  /** What it was answered. */
  readonly approval?: Stored<ApprovalResult>;
  readonly revision?: Revision;
}

/** Commands to run, and what to keep of it. */
export interface ShellWork {
  readonly commands: readonly string[];
  readonly variables: readonly Stored<EnvironmentVariable>[];
  /** The names of the variables to give on. */
  readonly exported: readonly string[];
  /** By name of the output artifact: patterns of the files in it. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/** What a trigger has started an execution for. */
export interface Pushed {
  /** The name of the source action. */
  readonly action: string;
  readonly branch?: string;
  readonly tag?: string;
  /** The variables that a pull request gives. */
  readonly pullRequest?: Readonly<Record<string, string>>;
}
