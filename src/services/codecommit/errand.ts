import { forgetJob, type GitSpec, isOver, type Job, jobs } from "../../compute/job.ts";
import { lateOperation, type Operation, type OperationNotes, type OperationSchema, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { checkReadable } from "./encryption.ts";
import { type MergeNote, moveRef } from "./mirror.ts";
import { mirroredRefs } from "./ref.ts";
import { type Repository, repositories } from "./repository.ts";

/** Something that git was asked for by a call: it lives until the call has taken the answer, or for a minute. */
export interface Errand extends Row {
  readonly repositoryId: string;
  readonly commands: GitSpec["commands"];
  /** The digest of a zip with the work tree of the commands. */
  readonly workTree?: string;
  /** The repository goes, with all of its objects. */
  readonly removes?: true;
  /** The branch that it moves, where it moves one. */
  readonly moves?: RefMove;
  /** Whether the rows know of the move. */
  readonly mirrored?: true;
  readonly callerArn: string;
}

/** A move of a ref that git was asked for: to a commit, to the one that a command prints first, or away. */
interface RefMove {
  readonly fullName: string;
  readonly from?: string;
  readonly to: { readonly commit: string } | { readonly firstWordOf: number } | "gone";
  /** What it merges, where it does. */
  readonly merge?: MergeNote;
}

export const errands = new Table<Errand>("codecommit/errand", {
  indexes: { moving: ({ repositoryId, moves, mirrored }) => (moves && !mirrored ? `${repositoryId} ${moves.fullName}` : undefined) },
});

export const UNTAKEN_MS = 60_000;

/** What one command of an errand said. */
export interface GitSaid {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What an operation asks of git, and how it answers. */
export interface GitQuestion<O> {
  readonly repository: Repository;
  readonly commands: GitSpec["commands"];
  readonly moves?: RefMove;
  /** `said` has an entry per command, where all went well. */
  answer(scope: Scope, said: readonly GitSaid[]): O | Further<O>;
  /** Refuse, where git did; the default is a defect of ours. */
  refuse?(stderr: string): never;
}

/** Git has more to be asked before there is an answer. */
export class Further<O> {
  readonly question: GitQuestion<O>;
  constructor(question: GitQuestion<O>) {
    this.question = question;
  }
}

/** An operation that git answers: `ask` checks what is asked and says which commands tell. */
export const gitOperation = <I, O>(
  schema: OperationSchema<I, O>,
  ask: (scope: Scope, input: I) => GitQuestion<O>,
  notes: OperationNotes = {},
): Operation<I, O> =>
  lateOperation<I, O, { asked: Asked<O> }>(
    schema,
    {
      begin: (scope, input) => ({ asked: send(scope, ask(scope, input)) }),
      answer(scope, state) {
        const { id, question } = state.asked;
        const errand = errands.get(scope, id);
        const job = jobs.get(scope, id);
        if (job === undefined || !isOver(job) || (errand?.moves !== undefined && job.status === "SUCCEEDED" && !errand.mirrored)) {
          return new Waiting({ kind: "wait", because: `git works on ${question.repository.id}` });
        }
        errands.remove(scope, id);
        forgetJob(scope, id);
        if (job.status !== "SUCCEEDED") {
          question.refuse?.(job.reason ?? "");
          throw new Error(`git failed: ${job.reason}`);
        }
        const answer = question.answer(scope, job.result!.git!.map(saidOf));
        if (!(answer instanceof Further)) return answer as never;
        state.asked = send(scope, answer.question);
        return new Waiting({ kind: "wait", because: `git works on ${question.repository.id}` });
      },
    },
    notes,
  );

interface Asked<O> {
  readonly id: string;
  readonly question: GitQuestion<O>;
}

function send<O>(scope: Scope, question: GitQuestion<O>): Asked<O> {
  const { repository, commands, moves } = question;
  checkReadable(scope, repository);
  const { id } = errands.put(scope, {
    id: `codecommit/${scope.id.uuid()}`,
    repositoryId: repository.repositoryId,
    commands,
    ...(moves && { moves }),
    callerArn: scope.caller.arn,
  });
  return { id, question };
}

/** Where the ref has moved on meanwhile, a push has told the mirror more than we know. Answers what git moved it to. */
export function mirror(
  scope: Scope,
  { id, repositoryId, callerArn }: Errand,
  { fullName, from, to, merge }: RefMove,
  job: Job,
): string | undefined {
  const target = targetOf(to, job);
  const [repository] = repositories.by(scope, "repositoryId", repositoryId);
  if (repository !== undefined && mirroredRefs(scope, repositoryId).get(fullName) === from) {
    moveRef(scope, repository, { fullName, from, to: target, ...(merge && { merge }) }, callerArn);
  }
  errands.patch(scope, id, { mirrored: true });
  return target;
}

function targetOf(to: RefMove["to"], job: Job): string | undefined {
  if (to === "gone") return undefined;
  return "commit" in to ? to.commit : job.result!.git![to.firstWordOf]!.stdout.split(/\s/, 1)[0]!;
}

const saidOf = ({ exitCode, stdout, base64, stderr }: { exitCode: number; stdout: string; base64?: true; stderr: string }): GitSaid => ({
  exitCode,
  stdout: Buffer.from(stdout, base64 ? "base64" : "utf8"),
  stderr,
});
