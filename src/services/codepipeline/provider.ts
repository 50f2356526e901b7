import type { BlobRef } from "../../kernel/blob.ts";
import type { WaitKind } from "../../kernel/clock.ts";
import { fault } from "../../kernel/fault.ts";
import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type ActionTypeId, type ErrorDetails, type ExecutionTrigger, InvalidActionDeclarationException } from "../../sdk/codepipeline.js";
import type { Permission } from "./permission.ts";
import type { Run } from "./run.ts";

export type ActionType = { readonly [K in keyof ActionTypeId]: NonNullable<ActionTypeId[K]> };

/** One kind of action: what may be declared of it, and how it is carried out. */
export interface ActionProvider {
  readonly type: ActionType;
  /** How many artifacts it takes and gives: at least, at most. */
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  readonly properties: readonly ActionProperty[];
  /** After how long an action that is not over has failed, where its declaration does not say. */
  readonly timeoutMinutes: number;
  /** Only pipelines of type V2 may have it. */
  readonly isOfV2?: true;
  /** Refuse a declared configuration for more than missing or unknown keys. */
  check?(configuration: Readonly<Record<string, string>>, action: string, scope: Scope): void;
  /** What its role has to be allowed: asked in the pipeline's region, before it starts. */
  needs?(scope: Scope, run: Run): readonly Permission[];
  /** Start what is missing and say how it stands. Called again whenever something it read has changed. */
  observe(scope: Scope, run: Run): ActionProgress;
  /** End what was started: the action is abandoned, or its time is over. */
  stop?(scope: Scope, run: Run): void;
  /** Of a source that looks for changes itself: what it would find now, or `NOTHING`. Undefined where it does not look. */
  polled?(scope: Scope, configuration: Readonly<Record<string, string>>): string | undefined;
  /** Look for changes from now on, for whoever the id says, where that has to be asked for. */
  watch?(scope: Scope, id: string, configuration: Readonly<Record<string, string>>): void;
  /** How an execution says that it was started for a change; by default that the source was polled. */
  pollTrigger?(configuration: Readonly<Record<string, string>>): ExecutionTrigger;
  /** Where the console shows what the action works on. */
  entityUrl?(scope: Scope, configuration: Readonly<Record<string, string>>): string;
}

/** One kind of rule of a condition. */
export interface RuleProvider extends Pick<ActionProvider, "inputs" | "properties" | "check" | "observe" | "stop"> {
  readonly name: string;
}

export const NOTHING = "";

export interface ActionProperty {
  readonly name: string;
  readonly required?: boolean;
  readonly secret?: boolean;
}

/** What a source found. */
export interface Revision {
  readonly id: string;
  readonly summary?: string;
  readonly url?: string;
  readonly createdAt?: number;
}

/** How what the action started is called where it runs. */
export interface ExternalExecution {
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  readonly summary?: string;
  readonly logStreamArn?: string;
}

export type ActionProgress =
  | (ExternalExecution & {
      readonly status: "InProgress";
      readonly because: string;
      readonly wakeAt?: number;
      readonly kind?: WaitKind;
      /** What an approval is answered with. */
      readonly token?: string;
      readonly percentComplete?: number;
    })
  | (ExternalExecution & {
      readonly status: "Succeeded";
      readonly variables?: Readonly<Record<string, string>>;
      /** By name of the output artifact. */
      readonly artifacts?: Readonly<Record<string, BlobRef>>;
      readonly revision?: Revision;
    })
  | (ExternalExecution & { readonly status: "Failed"; readonly errorDetails: Stored<ErrorDetails> });

/** A failure of the action with AWS's code for it and a sentence for people. */
export const failed = (code: string, message: string, external: ExternalExecution = {}): Extract<ActionProgress, { status: "Failed" }> => ({
  status: "Failed",
  errorDetails: { code, message },
  ...external,
});

/** Refuse, by name, a configuration that AWS would carry out and we do not. */
export const absent = (what: string): never => fault("NotImplemented", `${what} is not implemented.`, 501);

export const refuseAction = (message: string): never => fault(InvalidActionDeclarationException, message);
