import { createReadStream } from "node:fs";
import { textWithin } from "../compute/text-within.ts";
import type { Drive } from "../kernel/drive.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { respond } from "../services/cloudformation/api.ts";
import { badge, publicBuild, takeWebhook } from "../services/codebuild/api.ts";
import type { Route } from "../wire/backend.ts";

const RESPONSE = /^\/_cloudformation\/response\/([^/?]+)/;

/** bytes; CloudFormation's own limits are far below. */
const ANSWER_MAX = 1024 * 1024;

/** Where custom resources and wait conditions PUT their answers. */
export const customResourceRoute = (drive: Drive): Route => ({
  match: ({ url }) => RESPONSE.test(url!),
  async handle(request, response) {
    const [, token] = RESPONSE.exec(request.url!)!;
    const body = await textWithin(request, ANSWER_MAX);
    if (body === undefined) return void response.writeHead(413).end();
    const taken = drive.kernel.commit({ account: "", region: "" }, (scope) => respond(scope, token!, body));
    await drive.durable();
    response.writeHead(taken ? 200 : 404).end();
  },
});

const HOOK_PAYLOAD = /^\/_cloudformation\/hook-payload\/([0-9a-f]{64})$/;

/** Where hooks of stacks and change sets fetch the templates that they look at. */
export const hookPayloadRoute = ({ blobs }: Kernel): Route => ({
  match: ({ url }) => HOOK_PAYLOAD.test(url!),
  handle(request, response) {
    const digest = `sha256:${HOOK_PAYLOAD.exec(request.url!)![1]}`;
    if (!blobs.has(digest)) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/json" }).end(blobs.read(digest));
  },
});

const CODE = /^\/_lambda\/code\/([0-9a-f]{64})$/;

/** Where GetFunction says that a function's code is. */
export const codeRoute = ({ blobs }: Kernel): Route => ({
  match: ({ url }) => CODE.test(url!),
  handle(request, response) {
    const digest = `sha256:${CODE.exec(request.url!)![1]}`;
    if (!blobs.has(digest)) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/zip" });
    createReadStream(blobs.path(digest)!)
      .on("error", () => response.destroy())
      .pipe(response);
  },
});

const CODEBUILD = /^\/_codebuild\/(webhooks|badges|public)/;
const NOWHERE = { account: "", region: "" };
/** bytes; no server of sources sends more. */
const EVENT_MAX = 25 * 1024 * 1024;

/** Where servers of sources tell CodeBuild of their events, and where anybody sees badges and the builds of public projects. */
export const codebuildRoute = (drive: Drive): Route => ({
  match: ({ url }) => CODEBUILD.test(url!),
  async handle(request, response) {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    if (pathname === "/_codebuild/webhooks" && request.method === "POST") {
      const body = await textWithin(request, EVENT_MAX);
      if (body === undefined) return void response.writeHead(413).end();
      const headers = request.headers as Readonly<Record<string, string | undefined>>;
      const { status, message } = drive.kernel.commit(NOWHERE, (scope) => takeWebhook(scope, searchParams.get("t") ?? "", headers, body));
      await drive.durable();
      return void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    }
    const scope = drive.kernel.scope(NOWHERE);
    const [, , , alias = "", uuid = ""] = pathname.split("/");
    const isBadge = pathname === "/_codebuild/badges";
    const shown = isBadge
      ? badge(scope, searchParams.get("uuid") ?? "", searchParams.get("branch") ?? "main")
      : publicBuild(scope, alias, uuid);
    if (shown === undefined) return void response.writeHead(404).end();
    const type = isBadge ? "image/svg+xml" : "text/plain; charset=utf-8";
    response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(shown);
  },
});
