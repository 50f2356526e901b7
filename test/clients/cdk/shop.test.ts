import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CodePipelineClient, GetPipelineCommand } from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Server } from "../server.ts";
import { CdkUser, printed } from "./cdk.ts";

// The unmodified cdk on the unmodified example, as a CDK user goes about it.

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

describe("cdk, on examples/shop", { timeout: 120_000 }, () => {
  let server: Server;
  let user: CdkUser;
  let shop: string;
  let pipelines: CodePipelineClient;

  beforeAll(async () => {
    server = await Server.start("--clock", "auto");
    user = new CdkUser(server, "111122223333");
    pipelines = new CodePipelineClient(user.config);
    shop = join(user.folder, "shop");
    cpSync(join(ROOT, "examples", "shop"), shop, { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(user.folder, "node_modules"));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const cdk = async (...args: string[]) => printed(await user.attempt(args, {}, shop), 0);
  const pipeline = async () => (await pipelines.send(new GetPipelineCommand({ name: "shop" }))).pipeline!;

  // Each step goes on from the one before.
  it("deploys, sees no difference, and deploys nothing", async () => {
    await user.bootstrap();
    await cdk("deploy", "ShopPipeline", "--require-approval", "never", "--progress", "events");
    expect((await user.stack("ShopPipeline")).StackStatus).toBe("CREATE_COMPLETE");
    expect((await pipeline()).stages!.map(({ name }) => name)).toEqual(["Source", "BuildAndTest", "Deploy"]);
    expect(await cdk("diff", "ShopPipeline", "--app", "cdk.out")).toContain("Number of stacks with differences: 0");
    expect(await cdk("deploy", "ShopPipeline", "--app", "cdk.out")).toContain("ShopPipeline (no changes)");
  });

  it("destroys", async () => {
    await cdk("destroy", "ShopPipeline", "--force", "--app", "cdk.out");
    await expect(user.stack("ShopPipeline")).rejects.toThrow("Stack with id ShopPipeline does not exist");
    await expect(pipeline()).rejects.toMatchObject({ name: "PipelineNotFoundException" });
  });
});
