import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import * as connections from "@aws-sdk/client-codestar-connections";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, REGION, run, Server, until } from "../clients/server.ts";

// A stack that follows a branch of a repository on this machine, with git, a connection, and somebody who changes things by hand.

const ACCOUNT = "111122223333";
const hasGit = spawnSync("git", ["--version"]).status === 0;
const hasAws = spawnSync("aws", ["--version"]).status === 0;
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const IT = { ResourceName: "shop", SyncType: "CFN_STACK_SYNC" as const };

describe.skipIf(!hasGit)("Git sync (skipped where there is no git)", () => {
  let server: Server;
  let clone: string;
  let client: connections.CodeStarConnectionsClient;
  let stacks: CloudFormationClient;
  let parameters: SSMClient;
  const surroundings = (cwd: string) => ({ env: server.environment(ACCOUNT), cwd });
  const git = (...args: string[]) => run("git", args, surroundings(clone));

  beforeAll(async () => {
    server = await Server.start("--clock", "virtual");
    const config = { endpoint: server.endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "slipway" } };
    client = new connections.CodeStarConnectionsClient(config);
    stacks = new CloudFormationClient(config);
    parameters = new SSMClient(config);
    const repository = join(server.makeFolder("git/acme"), "shop.git");
    await run("git", ["init", "--quiet", "--bare", repository], surroundings(server.folder));
    clone = join(server.folder, "clone");
    await run("git", ["clone", "--quiet", repository, clone], surroundings(server.folder));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** Push files to main, and say so, as a git server's webhook does. */
  async function push(files: Readonly<Record<string, string>>): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      server.makeFolder(join("clone", dirname(path)));
      writeFileSync(join(clone, path), text);
    }
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "a change");
    await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    await server.ask("connections/push", { repository: { full_name: "acme/shop" } });
    return (await git("rev-parse", "HEAD")).trim();
  }

  /** The latest attempt, once it is one of that commit and over. */
  const synced = (commit: string, status: string) =>
    until(`${commit} ${status}`, async () => {
      const { LatestSync } = await client.send(new connections.GetResourceSyncStatusCommand(IT)).catch(() => ({ LatestSync: undefined }));
      return LatestSync?.TargetRevision?.Sha === commit && LatestSync.Status === status ? LatestSync : undefined;
    });
  const greeting = async () => (await parameters.send(new GetParameterCommand({ Name: "/shop/greeting" }))).Parameter!.Value;
  const templateOf = (greeting: string): string =>
    `Parameters:\n  Name: { Type: String }\nResources:\n  Greeting:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: !Ref Name, Type: String, Value: ${greeting} }\n`;
  const deployment = "template-file-path: templates/shop.yaml\nparameters:\n  Name: /shop/greeting\ntags:\n  slipway:drift: correct\n";

  it("is linked to a repository by a connection that somebody completed", async () => {
    const { ConnectionArn } = await client.send(new connections.CreateConnectionCommand({ ConnectionName: "hub", ProviderType: "GitHub" }));
    const link = { ConnectionArn, OwnerId: "acme", RepositoryName: "shop" };
    await expect(client.send(new connections.CreateRepositoryLinkCommand(link))).rejects.toThrow("its status is PENDING");
    const args = ["connection", "complete", "hub", "--path", "git", "--account", ACCOUNT, "--endpoint", server.endpoint];
    const completed = await attempt(process.execPath, [MAIN, ...args], surroundings(server.folder));
    expect([completed.code, completed.stdout]).toEqual([0, `hub  AVAILABLE  GitHub  ${join(server.folder, "git")}  ${ConnectionArn}\n`]);
    const { RepositoryLinkInfo } = await client.send(new connections.CreateRepositoryLinkCommand(link));
    const configuration = { ...IT, Branch: "main", ConfigFile: "deploy.yaml", RoleArn: `arn:aws:iam::${ACCOUNT}:role/sync` };
    const { RepositoryLinkId } = RepositoryLinkInfo!;
    await client.send(new connections.CreateSyncConfigurationCommand({ ...configuration, RepositoryLinkId }));
  });

  it("creates the stack by a push, and updates it by the next", async () => {
    await synced(await push({ "templates/shop.yaml": templateOf("hello"), "deploy.yaml": deployment }), "SUCCEEDED");
    expect(await greeting()).toBe("hello");
    await synced(await push({ "templates/shop.yaml": templateOf("welcome") }), "SUCCEEDED");
    expect(await greeting()).toBe("welcome");
    const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: "shop" }));
    expect(Stacks).toMatchObject([{ StackStatus: "UPDATE_COMPLETE", Tags: [{ Key: "slipway:drift", Value: "correct" }] }]);
  });

  it("is blocked by a broken push, and leaves the stack", async () => {
    const broken = await push({ "templates/shop.yaml": "Resources: { Greeting: { Type: AWS::None::Such } }" });
    const attempted = await synced(broken, "FAILED");
    expect(attempted.Events!.map(({ Type }) => Type)).toEqual(["SYNC_INITIATED", "SYNC_STARTED", "CHANGESET_CREATION_FAILED"]);
    expect(await greeting()).toBe("welcome");
    const { SyncBlockerSummary } = await client.send(new connections.GetSyncBlockerSummaryCommand(IT));
    const [blocker] = SyncBlockerSummary!.LatestBlockers!;
    expect(blocker).toMatchObject({ Status: "ACTIVE", CreatedReason: attempted.Events!.at(-1)!.Event });
    const fixed = await push({ "templates/shop.yaml": templateOf("hi") });
    await client.send(new connections.UpdateSyncBlockerCommand({ ...IT, Id: blocker!.Id, ResolvedReason: "fixed" }));
    await synced(fixed, "SUCCEEDED");
    expect(await greeting()).toBe("hi");
  });

  it("is brought back when somebody changes it by hand", async () => {
    await parameters.send(new PutParameterCommand({ Name: "/shop/greeting", Value: "by hand", Overwrite: true }));
    await server.ask("clock", { advance: "6m" });
    await until("the drift is corrected", async () => ((await greeting()) === "hi" ? true : undefined));
    const { LatestSync } = await client.send(new connections.GetResourceSyncStatusCommand(IT));
    expect(LatestSync!.Events![0]!.Event).toMatch(/^Stack shop has drifted from commit [0-9a-f]{40}: Greeting\. It is corrected\.$/);
  });

  it.skipIf(!hasAws)("answers the AWS CLI under its current name (skipped where there is none)", async () => {
    const said = await run("aws", ["codeconnections", "list-connections", "--output", "json"], surroundings(server.folder));
    expect(JSON.parse(said)).toMatchObject({ Connections: [{ ConnectionName: "hub", ConnectionStatus: "AVAILABLE" }] });
    const wrong = await attempt(
      "aws",
      ["codeconnections", "get-connection", "--connection-arn", `arn:aws:codeconnections:${REGION}:${ACCOUNT}:connection/none`],
      surroundings(server.folder),
    );
    expect(wrong.stderr).toContain("(ResourceNotFoundException)");
  });
});
