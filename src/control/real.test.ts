import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { startCloud } from "../testing/running.ts";

/** An address of this machine that others reach, too; who asks through it is not on loopback. */
const reachable = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

describe.skipIf(reachable === undefined).each(["0.0.0.0", "::"])("listening on %s (skipped without a network)", (host) => {
  test.each(["signed", "enforced"] as const)("/_slipway answers only this machine where trust is %s", async (trust) => {
    await using cloud = await startCloud({ host, trust });
    const { port } = new URL(cloud.endpoint);
    const ask = async (address: string, path: string, method = "GET") => {
      const response = await fetch(`http://${address}:${port}${path}`, { method });
      return [response.status, (await response.json()) as { error?: string; status?: string }] as const;
    };
    for (const path of ["clock", "why", "events", "coverage", "traffic", "nothing"]) {
      const sentence = `/_slipway/${path} answers only on loopback, and ${host === "::" ? "::ffff:" : ""}${reachable} is not; ask it on the machine that Slipway runs on`;
      expect(await ask(reachable!, `/_slipway/${path}`)).toEqual([403, { error: sentence }]);
    }
    expect((await ask(reachable!, "/_slipway/reset", "POST"))[0]).toBe(403);
    expect((await ask(reachable!, "/_slipway/health", "POST"))[0]).toBe(403);
    expect(await ask(reachable!, "/_slipway/health")).toMatchObject([200, { status: "running" }]);
    expect((await ask("127.0.0.1", "/_slipway/clock"))[0]).toBe(200);
    expect((await fetch(`http://${reachable}:${port}/_lambda/code/${"0".repeat(64)}`)).status).toBe(404);
    expect((await fetch(`http://${reachable}:${port}/_cloudformation/response/none`, { method: "PUT", body: "{}" })).status).toBe(404);
  });
});

test("a page whose site is only named like loopback is foreign", async () => {
  await using cloud = await startCloud();
  const status = async (origin: string) => (await fetch(`${cloud.endpoint}/_slipway/health`, { headers: { origin } })).status;
  expect(await status("http://127.0.0.1:3000")).toBe(200);
  expect(await status("http://[::1]:3000")).toBe(200);
  expect(await status("http://127.0.0.1.example.com")).toBe(403);
});

test("/_slipway/connections says what it needs", async () => {
  await using cloud = await startCloud();
  const post = async (path: string, body: object) => {
    const response = await fetch(`${cloud.endpoint}/_slipway/${path}`, { method: "POST", body: JSON.stringify(body) });
    return [response.status, ((await response.json()) as { error?: string }).error] as const;
  };
  expect(await post("connections", {})).toEqual([400, expect.stringContaining('give a "connection" by name or ARN')]);
  expect(await post("connections", { connection: "none", path: "/srv" })).toEqual([
    404,
    "there is no connection none in 000000000000, us-east-1",
  ]);
  expect(await post("connections", { host: "none" })).toEqual([404, "there is no host none"]);
  expect(await post("connections/push", {})).toEqual([400, expect.stringContaining("owner/name")]);
  expect(await post("connections/push", { project: { path_with_namespace: "a/b" } })).toEqual([200, undefined]);
});
