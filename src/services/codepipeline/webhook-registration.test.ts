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
import { deregisterWebhookWithThirdParty, listWebhooks, putWebhook, registerWebhookWithThirdParty, webhooks } from "./webhook.ts";
import * as registration from "./webhook-registration.ts";
import { webhookResource } from "./webhook-resource.ts";

const HOOKS = "http://hub.test/api/v1/repos/acme/shop/hooks";

/** A server that speaks Gitea's API: its hooks, what it was asked, and how often it is not well first. */
class Hub {
  readonly hooks: { id: number; config: { url: string; secret?: string } }[] = [];
  readonly asked: string[] = [];
  unwell = 0;
  refuses = false;

  readonly world = (): World =>
    new World({
      services: [iam, sts, s3, codecommit, codeconnections, codepipeline],
      hands: simulatedHands((job) =>
        job.spec.type === "git"
          ? { afterMs: 0, status: "FAILED", reason: "There is no repository." }
          : { afterMs: 100, status: "SUCCEEDED", result: { response: this.#answerTo(job) } },
      ),
    });

  readonly #answers = new Map<string, { status: number; headers: object; body: string }>();

  #answerTo({ id, spec }: Job): NonNullable<NonNullable<Job["result"]>["response"]> {
    const answer = (this.refuses ? undefined : this.#answers.get(id)) ?? { ...this.#act(spec), headers: {} };
    this.#answers.set(id, answer);
    return answer as { status: number; headers: Record<string, string>; body: string };
  }

  #act(spec: Job["spec"]): { status: number; body: string } {
    if (spec.type !== "http") throw new Error(spec.type);
    this.asked.push(`${spec.method} ${spec.url.replace(HOOKS, "")} ${spec.headers["Authorization"]}`);
    if (this.unwell-- > 0) return { status: 502, body: "" };
    if (this.refuses) return { status: 404, body: '{"message":"Not Found"}' };
    if (spec.method === "GET") return { status: 200, body: JSON.stringify(this.hooks) };
    if (spec.method === "DELETE") {
      this.hooks.splice(0);
      return { status: 204, body: "" };
    }
    const hook = { id: 7, ...JSON.parse(spec.body!) };
    this.hooks.push(hook);
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
  cloud.change((scope) => expect(jobs.list(scope, "codepipeline/webhook/")).toHaveLength(1));
  await cloud.call(deregisterWebhookWithThirdParty, { webhookName });
  await cloud.advance("1m");
  expect(hub.hooks).toEqual([]);
  cloud.change((scope) => expect(jobs.list(scope, "codepipeline/webhook/")).toEqual([]));
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
