import { textWithin } from "../compute/text-within.ts";
import type { Drive } from "../kernel/drive.ts";
import { takeWebhook } from "../services/codepipeline/api.ts";
import type { Route } from "../wire/backend.ts";

const WEBHOOK = /^\/_codepipeline\/webhook\?/;
/** bytes; no git server sends more. */
const BODY_MAX = 25 * 1024 * 1024;

/** Where somebody outside starts pipelines: the addresses of webhooks. */
export const pipelineWebhookRoute = (drive: Drive): Route => ({
  match: ({ url, method }) => method === "POST" && WEBHOOK.test(url!),
  async handle(request, response) {
    const body = await textWithin(request, BODY_MAX);
    if (body === undefined) return void response.writeHead(413).end();
    const token = new URL(request.url!, "http://localhost").searchParams.get("t") ?? "";
    const headers = request.headers as Readonly<Record<string, string | undefined>>;
    const address = request.socket.remoteAddress ?? "";
    const { status, message } = drive.kernel.commit({ account: "", region: "" }, (scope) =>
      takeWebhook(scope, token, { headers, body, address }),
    );
    await drive.durable();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
  },
});
