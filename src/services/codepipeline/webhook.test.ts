import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { WebhookDefinition } from "../../sdk/codepipeline.js";
import type { World } from "../../testing/world.ts";
import { takeWebhook, type WebhookRequest } from "./api.ts";
import { approval, create, executionsOf, latest, pipelineOf, prepare, source, world } from "./codepipeline.fixture.ts";
import { listTagsForResource, tagResource } from "./tag.ts";
import { deleteWebhook, listWebhooks, putWebhook, registerWebhookWithThirdParty } from "./webhook.ts";

const HOOK: WebhookDefinition = {
  name: "push",
  targetPipeline: "shop",
  targetAction: "App",
  filters: [{ jsonPath: "$.ref", matchEquals: "refs/heads/{S3Bucket}" }],
  authentication: "UNAUTHENTICATED",
  authenticationConfiguration: {},
};
const BODY = JSON.stringify({ ref: "refs/heads/source", commits: [{ id: "a" }, { id: "b" }] });

async function withHook(change: Partial<WebhookDefinition> = {}): Promise<{ cloud: World; url: string }> {
  const cloud = world();
  await prepare(cloud);
  await create(cloud, pipelineOf([source, approval], { pipelineType: "V2", executionMode: "PARALLEL" }));
  const { webhook } = await cloud.call(putWebhook, { webhook: { ...HOOK, ...change } });
  return { cloud, url: webhook!.url! };
}

function post(cloud: World, url: string, { headers = {}, body = BODY, address = "127.0.0.1" }: Partial<WebhookRequest> = {}): number {
  const token = new URL(url).searchParams.get("t")!;
  return cloud.change((scope) => takeWebhook(scope.in({ account: "", region: "" }), token, { headers, body, address })).status;
}

describe("a webhook", () => {
  test("starts its pipeline where all filters match, once per delivery", async () => {
    const { cloud, url } = await withHook();
    const headers = { "x-github-delivery": "d1" };
    expect([post(cloud, url, { headers }), post(cloud, url, { headers })]).toEqual([200, 200]);
    expect(await executionsOf(cloud)).toHaveLength(2);
    expect((await latest(cloud)).trigger).toEqual({
      triggerType: "Webhook",
      triggerDetail: cloud.scope().arn("codepipeline", "webhook:push"),
    });
    expect(post(cloud, url, { body: JSON.stringify({ ref: "refs/heads/other" }) })).toBe(200);
    expect(post(cloud, url, { body: "no JSON" })).toBe(200);
    expect(await executionsOf(cloud)).toHaveLength(2);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(post(cloud, url, { headers: form, body: new URLSearchParams({ payload: BODY }).toString() })).toBe(200);
    expect(await executionsOf(cloud)).toHaveLength(3);
    expect((await cloud.call(listWebhooks, {})).webhooks![0]!.lastTriggered).toEqual(new Date(cloud.clock.now()));
    await cloud.call(deleteWebhook, { name: "push" });
    expect(post(cloud, url)).toBe(404);
  });

  test("has tags", async () => {
    const { cloud } = await withHook();
    const resourceArn = cloud.scope().arn("codepipeline", "webhook:push");
    await cloud.call(tagResource, { resourceArn, tags: [{ key: "team", value: "shop" }] });
    expect((await cloud.call(listTagsForResource, { resourceArn })).tags).toEqual([{ key: "team", value: "shop" }]);
    expect((await cloud.call(listWebhooks, {})).webhooks![0]!.tags).toEqual([{ key: "team", value: "shop" }]);
  });

  test.each([
    ["$.commits[1].id", "b", 2],
    ["$.commits[*].id", "a", 2],
    ["$..id", "b", 2],
    ["$['commits'][0]['id']", "b", 1],
    ["$.commits[0]", undefined, 2],
    ["$.nothing", undefined, 1],
  ])("looks at %s", async (jsonPath, matchEquals, executions) => {
    const { cloud, url } = await withHook({ filters: [{ jsonPath, matchEquals }] as never });
    post(cloud, url);
    expect(await executionsOf(cloud)).toHaveLength(executions);
  });

  test("wants a signature, and keeps its secret to itself and its address when it changes", async () => {
    const signed = { authentication: "GITHUB_HMAC", authenticationConfiguration: { SecretToken: "hush" } } as const;
    const { cloud, url } = await withHook(signed);
    const signature = (algorithm: string, secret: string) => `${algorithm}=${createHmac(algorithm, secret).update(BODY).digest("hex")}`;
    expect(post(cloud, url)).toBe(401);
    expect(post(cloud, url, { headers: { "x-hub-signature": signature("sha1", "guess") } })).toBe(401);
    expect(post(cloud, url, { headers: { "x-hub-signature": signature("sha1", "hush") } })).toBe(200);
    expect(post(cloud, url, { headers: { "x-hub-signature-256": signature("sha256", "hush") } })).toBe(200);
    const [shown] = (await cloud.call(listWebhooks, {})).webhooks!;
    expect(shown!.definition!.authenticationConfiguration).toEqual({ SecretToken: "****" });
    expect((await cloud.call(putWebhook, { webhook: HOOK })).webhook!.url).toBe(url);
  });

  test("may be for some addresses only", async () => {
    const { cloud, url } = await withHook({ authentication: "IP", authenticationConfiguration: { AllowedIPRange: "10.1.0.0/16" } });
    const status = (address: string): number => post(cloud, url, { address });
    expect([status("10.1.2.3"), status("::ffff:10.1.255.1"), status("10.2.0.1"), status("::1")]).toEqual([200, 200, 401, 401]);
  });

  test("is refused where it makes no sense", async () => {
    const { cloud } = await withHook();
    const put = (change: Partial<WebhookDefinition>) => cloud.call(putWebhook, { webhook: { ...HOOK, ...change } });
    await expect(put({ targetPipeline: "none" })).rejects.toMatchObject({ name: "PipelineNotFoundException" });
    await expect(put({ targetAction: "Agree" })).rejects.toMatchObject({ name: "ValidationException" });
    await expect(put({ filters: [{ jsonPath: "ref" }] })).rejects.toMatchObject({ name: "InvalidWebhookFilterPatternException" });
    await expect(put({ filters: [{ jsonPath: "$.ref", matchEquals: "{Branch}" }] })).rejects.toMatchObject({
      name: "InvalidWebhookFilterPatternException",
    });
    await expect(put({ authentication: "GITHUB_HMAC" })).rejects.toMatchObject({ name: "InvalidWebhookAuthenticationParametersException" });
    await expect(cloud.call(registerWebhookWithThirdParty, { webhookName: "none" })).rejects.toMatchObject({
      name: "WebhookNotFoundException",
    });
  });
});
