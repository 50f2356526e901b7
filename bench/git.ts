import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readCgiHead } from "../src/dataplane/cgi.ts";

/** Without compression, so that what is timed is how bytes travel. */
const SETTINGS = [
  "-c",
  "user.name=bench",
  "-c",
  "user.email=bench@example.com",
  "-c",
  "init.defaultBranch=main",
  "-c",
  "commit.gpgsign=false",
];

/** Run git, which has to end well. Answers how long it took, in milliseconds. */
export function git(cwd: string, ...args: string[]): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GIT_TERMINAL_PROMPT: "0" };
    const child = spawn("git", [...SETTINGS, ...args], { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(performance.now() - begun) : reject(new Error(`git ${args.join(" ")}: ${said}`))));
  });
}

/** A folder that is a repository with one commit, of so many megabytes that do not get smaller. */
export async function repositoryOf(folder: string, megabytes: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await git(folder, "init", "--quiet");
  // Of fewer than a hundred objects, a server makes loose ones and packs nothing.
  for (let nth = 0; nth < megabytes * 4; nth++) writeFileSync(join(folder, `${nth}.bin`), randomBytes(250_000));
  await commit(folder, "all");
}

export async function commit(folder: string, message: string): Promise<void> {
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--allow-empty", "--message", message);
}

/** Nothing but `git http-backend` behind HTTP, for the bare repository app.git in a folder. */
export async function plainGitServer(folder: string): Promise<{ url: string; stop(): void }> {
  mkdirSync(folder, { recursive: true });
  spawnSync("git", ["init", "--quiet", "--bare", join(folder, "app.git")]);
  spawnSync("git", ["-C", join(folder, "app.git"), "config", "http.receivepack", "true"]);
  const server: Server = createServer(async (request, response) => {
    const [path, query = ""] = request.url!.split("?");
    const child = spawn("git", ["http-backend"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"]?.toString() ?? "",
        GIT_PROTOCOL: request.headers["git-protocol"]?.toString() ?? "",
      },
    });
    request.pipe(child.stdin);
    const { head, body } = await readCgiHead(child.stdout);
    response.writeHead(head.status, head.headers);
    for await (const chunk of body) response.write(chunk);
    response.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.git`, stop: () => void server.close() };
}
