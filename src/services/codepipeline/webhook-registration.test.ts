import { expect, test } from "vitest";
import { type Job, jobs } from "../../compute/job.ts";
import { simulatedHands } from "../../compute/simulated.ts";
import type { ActionDeclaration } from "../../sdk/codepipeline.js";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { ConnectionLost, World } from "../../testing/world.ts";
import { codecommit } from "../codecommit/index.ts";
import { complete, connectionCalled, serverOf } from "../codeconnections/api.ts";
import { createConnection } from "../codeconnections/connection.ts";
import { codeconnections } from "../codeconnections/index.ts";
import { iam } from "../iam/index.ts";
import { s3 } from "../s3/index.ts";
import { sts } from "../sts/index.ts";
import { approval, create, pipelineOf, prepareStore, source } from "./codepipeline.fixture.ts";
import { codepipeline } from "./index.ts";
import { updatePipeline } from "./pipeline.ts";
import {
  deleteWebhook,
  deregisterWebhookWithThirdParty,
  listWebhooks,
  putWebhook,
  registerWebhookWithThirdParty,
  webhooks,
} from "./webhook.ts";
import * as registration from "./webhook-registration.ts";
import { webhookResource } from "./webhook-resource.ts";

const HOOKS = "http://hub.test/api/v1/repos/acme/shop/hooks";

/** A server that speaks Gitea's API: its hooks, what it was asked, and how often it is not well first. */
class Hub {
  readonly hooks: { id: number; repository: string; config: { url: string; secret?: string } }[] = [];
  readonly asked: string[] = [];
  unwell = 0;
  refuses = false;
  page: string | undefined;
  /** The answers to so many requests that make a hook die with the process. */
  loses = 0;

  readonly world = (): World =>
    new World({
      services: [iam, sts, s3, codecommit, codeconnections, codepipeline],
      hands: simulatedHands((job) =>
        job.spec.type === "git"
          ? { afterMs: 0, status: "FAILED", reason: "There is no repository." }
          : this.#loses(job)
            ? { afterMs: 100, status: "LOST", reason: "It was running when the cloud stopped." }
            : { afterMs: 100, status: "SUCCEEDED", result: { response: this.#answerTo(job) } },
      ),
    });

  readonly #answers = new Map<string, { status: number; headers: object; body: string }>();

  readonly #lost = new Set<string>();

  /** It has been made nevertheless. */
  #loses(job: Job): boolean {
    if (job.spec.type !== "http" || job.spec.method !== "POST") return false;
    if (!this.#lost.has(job.id) && this.loses-- > 0) this.#lost.add(job.id);
    if (this.#lost.has(job.id)) this.#answerTo(job);
    return this.#lost.has(job.id);
  }

  #answerTo({ id, spec }: Job): NonNullable<NonNullable<Job["result"]>["response"]> {
    const answer = (this.refuses ? undefined : this.#answers.get(id)) ?? { ...this.#act(spec), headers: {} };
    this.#answers.set(id, answer);
    return answer as { status: number; headers: Record<string, string>; body: string };
  }

  #act(spec: Job["spec"]): { status: number; body: string } {
    if (spec.type !== "http") throw new Error(spec.type);
    this.asked.push(`${spec.method} ${spec.url.replace(HOOKS, "")} ${spec.headers["Authorization"]}`);
    const [, repository = "", hookId = ""] = /\/repos\/(.+)\/hooks\/?(\d*)/.exec(spec.url)!;
    if (this.unwell-- > 0) return { status: 502, body: "" };
    if (this.page !== undefined) return { status: 200, body: this.page };
    if (this.refuses) return { status: 404, body: '{"message":"Not Found"}' };
    if (spec.method === "GET") return { status: 200, body: JSON.stringify(this.hooks.filter((one) => one.repository === repository)) };
    const known = this.hooks.findIndex((one) => one.repository === repository && String(one.id) === hookId);
    if (spec.method === "DELETE") {
      this.hooks.splice(known, 1);
      return { status: 204, body: "" };
    }
    const hook = { id: Number(hookId || 7 + this.hooks.length), repository, ...JSON.parse(spec.body!) };
    this.hooks.splice(hookId ? known : this.hooks.length, hookId ? 1 : 0, hook);
    return { status: 201, body: JSON.stringify(hook) };
  }
}

const byToken: ActionDeclaration = {
  ...source,
  actionTypeId: { category: "Source", owner: "ThirdParty", provider: "GitHub", version: "1" },
  configuration: { Owner: "acme", Repo: "shop", Branch: "main", OAuthToken: "gho_1", PollForSourceChanges: "false" },
};

async function withHook(cloud: World, action: ActionDeclaration = byToken): Promise<string> {
  await prepareStore(cloud);
  await cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
  cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, serverOf({ url: "http://hub.test" })));
  const targets = pipelineOf([action, { ...approval, configuration: {} }]);
  await create(cloud, targets);
  const authentication = { authentication: "GITHUB_HMAC", authenticationConfiguration: { SecretToken: "hush" } } as const;
  const definition = { name: "push", targetPipeline: "shop", targetAction: "App", filters: [{ jsonPath: "$.ref" }], ...authentication };
  return (await cloud.call(putWebhook, { webhook: definition })).webhook!.url!;
}
const asked = async (cloud: World) => (await cloud.call(listWebhooks, {})).webhooks![0]!;
const webhookName = "push";

const register = (cloud: World): Promise<unknown> => cloud.call(registerWebhookWithThirdParty, { webhookName });

test("a webhook is made at the server of its source, and removed there", async () => {
  const hub = new Hub();
  hub.unwell = 1;
  const cloud = hub.world();
  const url = await withHook(cloud);
  await register(cloud);
  expect(hub.hooks).toMatchObject([{ active: true, events: ["push"], config: { url, content_type: "json", secret: "hush" } }]);
  await register(cloud);
  const look = "GET ?per_page=100&limit=50 token gho_1";
  expect(hub.asked.filter((one) => one.includes("token"))).toEqual([look, look, "POST  token gho_1"]);
  expect(await asked(cloud)).not.toHaveProperty("errorCode");
  await cloud.call(deregisterWebhookWithThirdParty, { webhookName });
  await cloud.advance("1m");
  expect(hub.hooks).toEqual([]);
  expect(hub.asked.at(-1)).toBe("DELETE /7 token gho_1");
});

test("what the server refuses is refused, and told of in the webhook", async () => {
  const hub = new Hub();
  hub.refuses = true;
  const cloud = hub.world();
  await withHook(cloud);
  const message = 'Webhook could not be registered with GitHub. Error cause: Not found [StatusCode: 404, Body: {"message":"Not Found"}]';
  await expect(register(cloud)).rejects.toMatchObject({ name: "ValidationException", message });
  expect(await asked(cloud)).toMatchObject({ errorCode: "404", errorMessage: message });
  hub.refuses = false;
  await register(cloud);
  expect(hub.hooks).toHaveLength(1);
  expect(await asked(cloud)).not.toHaveProperty("errorCode");
});

test("a server that answers with a page to log in at has refused it", async () => {
  const hub = new Hub();
  hub.page = "<html>Sign in</html>";
  const cloud = hub.world();
  await withHook(cloud);
  const message = "Webhook could not be registered with GitHub. Error cause: no JSON";
  await expect(register(cloud)).rejects.toMatchObject({ message });
});

test("a hook that was made when the process died is found again, and has what the webhook has", async () => {
  const hub = new Hub();
  hub.loses = 1;
  const cloud = hub.world();
  await withHook(cloud);
  await register(cloud);
  expect(hub.asked.map((one) => one.split(" ")[0])).toEqual(["GET", "POST", "GET", "PATCH"]);
  expect(hub.hooks).toMatchObject([{ id: 7, config: { secret: "hush" } }]);
});

test("a hook gets the new secret, and moves with the action to another repository", async () => {
  const hub = new Hub();
  const cloud = hub.world();
  await withHook(cloud);
  await register(cloud);
  const { definition } = await asked(cloud);
  const authenticationConfiguration = { SecretToken: "louder" };
  await cloud.call(putWebhook, { webhook: { ...definition!, authenticationConfiguration } });
  await register(cloud);
  expect(hub.hooks).toMatchObject([{ id: 7, repository: "acme/shop", config: { secret: "louder" } }]);
  const moved = { ...byToken, configuration: { ...byToken.configuration, Repo: "cart" } };
  await cloud.call(updatePipeline, { pipeline: pipelineOf([moved, { ...approval, configuration: {} }]) });
  await register(cloud);
  expect(hub.hooks).toMatchObject([{ repository: "acme/cart", config: { secret: "louder" } }]);
});

test("a webhook that is deleted leaves its hook at the server, and nothing here", async () => {
  const hub = new Hub();
  const cloud = hub.world();
  await withHook(cloud);
  cloud.change((scope) => registration.register(scope, webhooks.get(scope, webhookName)!, "me"));
  await cloud.call(deleteWebhook, { name: webhookName });
  await cloud.advance("1m");
  expect(registration.webhookRegistrations.list(cloud.scope())).toEqual([]);
  expect(jobs.list(cloud.scope(), "codeconnections/ask/codepipeline/webhook/")).toEqual([]);
});

test("a stack waits for the server, and fails with what it refuses", async () => {
  const hub = new Hub();
  const cloud = hub.world();
  await withHook(cloud);
  const declared = {
    Name: webhookName,
    TargetPipeline: "shop",
    TargetAction: "App",
    Authentication: "GITHUB_HMAC",
    AuthenticationConfiguration: { SecretToken: "hush" },
    Filters: [{ JsonPath: "$.ref" }],
    RegisterWithThirdParty: true,
  };
  const ensure = (token: string) => {
    const request = { token, generatedName: "", logicalId: "Hook", stackId: "", tags: [] };
    return cloud.change((scope) => webhookResource.ensure(scope, declared, webhookName, request));
  };
  expect(ensure("one")).toMatchObject({ state: "busy", because: "http://hub.test/api/v1 has not been told of the webhook" });
  await cloud.advance("1m");
  expect(ensure("one")).toEqual({ state: "done", id: webhookName });
  expect(hub.hooks).toHaveLength(1);
  await cloud.call(deregisterWebhookWithThirdParty, { webhookName });
  await cloud.advance("1m");
  hub.refuses = true;
  expect(ensure("two")).toMatchObject({ state: "busy" });
  await cloud.advance("1m");
  expect(ensure("two")).toMatchObject({ state: "failed", reason: expect.stringContaining("Error cause: Not found [StatusCode: 404") });
  expect(ensure("three")).toMatchObject({ state: "busy" });
});

test("who changes his mind while the server is asked leaves nothing behind", async () => {
  const hub = new Hub();
  const cloud = hub.world();
  await withHook(cloud);
  cloud.change((scope) => registration.register(scope, webhooks.get(scope, webhookName)!, "me"));
  await cloud.advance("0s");
  cloud.change((scope) => expect(jobs.list(scope, "codeconnections/ask/codepipeline/webhook/")).toHaveLength(1));
  await cloud.call(deregisterWebhookWithThirdParty, { webhookName });
  await cloud.advance("1m");
  expect(hub.hooks).toEqual([]);
  cloud.change((scope) => expect(jobs.list(scope, "codeconnections/ask/codepipeline/webhook/")).toEqual([]));
});

test("a webhook of another source is not registered", async () => {
  const cloud = new Hub().world();
  const other = { ...source, configuration: { S3Bucket: "source", S3ObjectKey: "app.zip" } };
  await withHook(cloud, other);
  await expect(register(cloud)).rejects.toMatchObject({
    name: "ValidationException",
    message: "Webhook 'push' does not target an action of type GitHub: App",
  });
});

test("it ends the same whenever the power is cut", async () => {
  const build = (): World => new Hub().world();
  const commits = await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    await withHook(cloud);
    await register(cloud).catch((error) => expect(error).toBeInstanceOf(ConnectionLost));
    await cloud.advance("1m");
    await cloud.call(deregisterWebhookWithThirdParty, { webhookName });
    await cloud.advance("1m");
  });
  expect(commits).toBeGreaterThan(6);
});
