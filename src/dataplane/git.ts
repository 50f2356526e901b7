import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { gitEnvironment, type Repositories } from "../compute/repository.ts";
import { readCgiHead } from "./cgi.ts";
import { readPushCommands } from "./git-commands.ts";

/** A part of our HTTP server that is not AWS's API. */
export interface Route {
  match(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** What the git route asks of the cloud. `Who` is whatever it knows a user by. */
export interface GitRouteOptions<Who> {
  readonly repositories: Repositories;
  /** Who makes the request; undefined answers 401, and git then asks for a password. */
  authenticate(request: IncomingMessage): Promise<Who | undefined>;
  /** The repository of that name, where there is one for whom it is. Undefined answers 404. */
  locate(who: Who, name: string): LocatedRepository | undefined;
  /** Called after a push of these refs was taken in, before git is told so. */
  onPush(repositoryId: string, who: Who, refs: readonly string[]): Promise<void> | void;
}

/** What somebody wants to do with a repository. */
export type GitAccess = "pull" | "push";

/** A repository, for somebody. */
export interface LocatedRepository {
  readonly repositoryId: string;
  /** The branch that clones begin with, where it has one. */
  readonly defaultBranch?: string;
  /**
   * Why they may not; the answer is then 403 with that sentence, which git shows. `refs` are those that a push moves, by
   * their full names; they are known when it comes with its commands, and not when it asks what is there.
   */
  refusal(access: GitAccess, refs?: readonly string[]): string | undefined;
}

interface GitCall {
  readonly name: string;
  /** Such as /info/refs. */
  readonly rest: string;
  readonly query: string;
  readonly access: GitAccess;
}

const PATH =
  /^\/v1\/repos\/([^/?]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/[^?]*|info\/lfs\/[^?]*))(?:\?(.*))?$/;

const LFS = "/info/lfs/";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
const REFS_MAX = 4000;

/** Git's smart HTTP for `/v1/repos/<name>`, by git itself; bytes are streamed both ways. */
export function gitRoute<Who>(options: GitRouteOptions<Who>): Route {
  return {
    match: (request) => PATH.test(request.url ?? ""),
    handle: (request, response) => void serve(options, request, response).catch((error: Error) => fail(response, error)),
  };
}

async function serve<Who>(options: GitRouteOptions<Who>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = callOf(request);
  const who = await options.authenticate(request);
  if (who === undefined)
    return refuse(response, 401, "The request is not authenticated.", { "WWW-Authenticate": 'Basic realm="CodeCommit"' });
  const repository = options.locate(who, call.name);
  if (repository === undefined) return refuse(response, 404, `Repository ${call.name} does not exist.`);
  if (call.rest.startsWith(LFS)) return refuseLfs(response);
  const refusal = repository.refusal(call.access);
  if (refusal !== undefined) return refuse(response, 403, refusal);
  const { body, refs } = await bodyOf(call, request);
  const refsRefusal = refs.length === 0 ? undefined : repository.refusal(call.access, refs);
  if (refsRefusal !== undefined) return refuse(response, 403, refsRefusal, { Connection: "close" });
  if (refs.length > REFS_MAX) return refuse(response, 403, `A push can change at most ${REFS_MAX} references.`, { Connection: "close" });
  await options.repositories.ensure(repository.repositoryId);
  if (repository.defaultBranch !== undefined) await options.repositories.pointHead(repository.repositoryId, repository.defaultBranch);
  const beforeEnd = async (): Promise<void> => {
    if (call.rest === "/git-receive-pack") await options.onPush(repository.repositoryId, who, refs);
  };
  await runBackend(options.repositories, repository.repositoryId, { call, request, body, response, beforeEnd });
}

function callOf(request: IncomingMessage): GitCall {
  const [, name, rest, query = ""] = PATH.exec(request.url ?? "")!;
  const service = new URLSearchParams(query).get("service");
  const access = rest === "/git-receive-pack" || service === "git-receive-pack" ? "push" : "pull";
  return { name: decodeURIComponent(name!), rest: rest!, query, access };
}

/** The body of a request, unpacked, and the refs that a push moves. */
async function bodyOf({ rest }: GitCall, request: IncomingMessage): Promise<{ body: Readable; refs: readonly string[] }> {
  const isPacked = /^(x-)?gzip$/i.test(request.headers["content-encoding"] ?? "");
  const unpacked: Readable = isPacked ? createGunzip() : request;
  // A client that goes away in the middle ends what is unpacked, too.
  if (isPacked) void pipeline(request, unpacked as Gunzip).catch(() => {});
  if (rest !== "/git-receive-pack") return { body: unpacked, refs: [] };
  const { refs, head } = await readPushCommands(unpacked, REFS_MAX);
  return { body: Readable.from(whole(head, unpacked), { objectMode: false }), refs };
}

async function* whole(head: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

interface Exchange {
  readonly call: GitCall;
  readonly request: IncomingMessage;
  /** Of the request, unpacked. */
  readonly body: Readable;
  readonly response: ServerResponse;
  /** Runs when git has done its part, before the client is told so. */
  beforeEnd(): Promise<void>;
}

async function runBackend(
  repositories: Repositories,
  repositoryId: string,
  { call, request, body, response, beforeEnd }: Exchange,
): Promise<void> {
  const backend = spawn("git", ["http-backend"], {
    env: cgiEnvironment(repositories, repositoryId, call, request),
    stdio: ["pipe", "pipe", "ignore"],
  });
  const exited = new Promise<number | null>((resolve, reject) => backend.once("error", reject).once("close", resolve));
  exited.catch(() => {});
  // A client that goes away ends git's input or output, and so git.
  void pipeline(body, backend.stdin).catch(() => {});
  const { head, body: answer } = await readCgiHead(backend.stdout);
  response.writeHead(head.status, head.headers);
  const isSent = await pipeline(answer, response, { end: false }).then(
    () => true,
    () => false,
  );
  await exited;
  // Also where the client has gone: refs may have moved.
  await beforeEnd();
  if (isSent) response.end();
}

/** The request as CGI has it. https://git-scm.com/docs/git-http-backend */
function cgiEnvironment(
  repositories: Repositories,
  repositoryId: string,
  { rest, query }: GitCall,
  request: IncomingMessage,
): Record<string, string> {
  const { headers } = request;
  return {
    ...gitEnvironment(),
    GIT_PROJECT_ROOT: repositories.folder,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${repositoryId}.git${rest}`,
    REQUEST_METHOD: request.method ?? "GET",
    QUERY_STRING: query,
    CONTENT_TYPE: headers["content-type"] ?? "",
    GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
    // A push needs a user; who it really is was decided before.
    REMOTE_USER: "slipway",
    REMOTE_ADDR: request.socket.remoteAddress ?? "",
    // No CONTENT_LENGTH: where a body ends before it has that many bytes, git's backend reads its end for ever.
  };
}

function refuse(response: ServerResponse, status: number, sentence: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "text/plain", ...headers }).end(`${sentence}\n`);
}

/** CodeCommit has no storage for large files, and the client shows the sentence. https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
function refuseLfs(response: ServerResponse): void {
  response.writeHead(501, { "Content-Type": "application/vnd.git-lfs+json", Connection: "close" });
  response.end(JSON.stringify({ message: "CodeCommit does not support Git LFS." }));
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else refuse(response, 500, `git http-backend failed: ${error.message}`);
}
