import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { CodeCommitClient, CreateBranchCommand, CreateRepositoryCommand, PutFileCommand } from "@aws-sdk/client-codecommit";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateServiceSpecificCredentialCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attempt, type Ended, REGION, run, Server } from "./server.ts";

// The unmodified git where IAM decides: by a user's password for CodeCommit, and by the AWS CLI's credential helper.

const has = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;
const ACCOUNT = "000000000000";
const SHOP = `arn:aws:codecommit:${REGION}:${ACCOUNT}:shop`;
const PULL = "codecommit:GitPull";
const PUSH = "codecommit:GitPush";
const policy = (...Action: string[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: SHOP }] });

/** Somebody who talks git: the settings and the variables that their git has. */
interface Somebody {
  readonly config: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly user: string;
}

describe.skipIf(!has("git"))("git where trust is enforced (skipped where there is none)", () => {
  let server: Server;
  let iam: IAMClient;
  let sts: STSClient;
  let made = 0;

  beforeAll(async () => {
    server = await Server.start("--trust", "enforced");
    const config = { endpoint: server.endpoint, region: REGION };
    iam = new IAMClient({ ...config, credentials: server.rootKey() });
    sts = new STSClient({ ...config, credentials: server.rootKey() });
    const commits = new CodeCommitClient({ ...config, credentials: server.rootKey() });
    for (const repositoryName of ["shop", "other"]) await commits.send(new CreateRepositoryCommand({ repositoryName }));
    const file = { repositoryName: "shop", branchName: "main", filePath: "a.txt", fileContent: Buffer.from("a") };
    await commits.send(new PutFileCommand(file));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const address = (name: string, { user }: Somebody): string => `${server.endpoint.replace("//", `//${user}`)}/v1/repos/${name}`;

  function byHelper(key: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): Somebody {
    const helper = '!f() { [ "$1" != get ] || aws codecommit credential-helper --ignore-host-check get; }; f';
    return {
      config: ["-c", `credential.helper=${helper}`, "-c", "credential.UseHttpPath=true"],
      env: {
        ...server.environment(ACCOUNT),
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        ...(key.sessionToken !== undefined && { AWS_SESSION_TOKEN: key.sessionToken }),
      },
      user: "",
    };
  }

  async function userNamed(UserName: string, actions: readonly string[]): Promise<void> {
    await iam.send(new CreateUserCommand({ UserName }));
    if (actions.length > 0) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "git", PolicyDocument: policy(...actions) }));
  }

  async function withPassword(UserName: string, ...actions: string[]): Promise<Somebody> {
    await userNamed(UserName, actions);
    const { ServiceSpecificCredential } = await iam.send(
      new CreateServiceSpecificCredentialCommand({ UserName, ServiceName: "codecommit.amazonaws.com" }),
    );
    const { ServiceUserName, ServicePassword } = ServiceSpecificCredential!;
    const user = `${encodeURIComponent(ServiceUserName!)}:${encodeURIComponent(ServicePassword!)}@`;
    return { config: [], env: server.environment(ACCOUNT), user };
  }

  async function withHelper(UserName: string, ...actions: string[]): Promise<Somebody> {
    await userNamed(UserName, actions);
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    return byHelper({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
  }

  async function withRole(RoleName: string, ...actions: string[]): Promise<Somebody> {
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" }] };
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
    if (actions.length > 0) await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "git", PolicyDocument: policy(...actions) }));
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "git" }));
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
    return byHelper({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! });
  }

  const tryClone = (name: string, who: Somebody, folder: string): Promise<Ended> =>
    attempt("git", [...who.config, "clone", "--quiet", address(name, who), folder], { env: who.env, cwd: server.folder });

  async function clone(name: string, who: Somebody): Promise<string> {
    const folder = join(server.folder, `clone-${++made}`);
    const { code, stderr } = await tryClone(name, who, folder);
    expect(code, stderr).toBe(0);
    return folder;
  }

  /** Pushes a branch of one commit from a repository of one's own. */
  async function tryPush(who: Somebody): Promise<Ended> {
    const folder = server.makeFolder(`push-${++made}`);
    const git = (...args: string[]) => run("git", args, { env: who.env, cwd: folder });
    await git("init", "--quiet");
    await git("commit", "--quiet", "--allow-empty", "--message", "mine");
    return attempt("git", [...who.config, "push", "--quiet", address("shop", who), `HEAD:refs/heads/branch-${made}`], {
      env: who.env,
      cwd: folder,
    });
  }

  const nothing = (): string => join(server.folder, `nothing-${++made}`);
  const refused = (arn: string, action: string, resource = SHOP) =>
    expect.stringContaining(
      `remote: User: ${arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    );

  it("a user's password pulls and pushes what policies allow", async () => {
    const user = (name: string) => `arn:aws:iam::${ACCOUNT}:user/${name}`;
    const nobody = await withPassword("nobody");
    const reader = await withPassword("reader", PULL);
    const writer = await withPassword("writer", PUSH);
    const toNobody = await tryClone("shop", nobody, nothing());
    expect([toNobody.code, toNobody.stderr]).toEqual([128, refused(user("nobody"), PULL)]);
    expect(toNobody.stderr).toContain("The requested URL returned error: 403");
    await clone("shop", reader);
    expect((await tryClone("other", reader, nothing())).stderr).toEqual(refused(user("reader"), PULL, SHOP.replace("shop", "other")));
    expect(await tryPush(reader)).toMatchObject({ code: 128, stderr: refused(user("reader"), PUSH) });
    expect(await tryPush(writer)).toMatchObject({ code: 0 });
    expect((await tryClone("shop", writer, nothing())).stderr).toEqual(refused(user("writer"), PULL));
  });

  it("a policy may keep branches for others, from pushes and from calls", async () => {
    const UserName = "junior";
    const somebody = await withPassword(UserName, PUSH, "codecommit:CreateBranch");
    const Condition = {
      StringLike: { "codecommit:References": ["refs/heads/branch-*"] },
      Null: { "codecommit:References": "false" },
    };
    const Statement = [{ Effect: "Deny", Action: "codecommit:*", Resource: SHOP, Condition }];
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    expect(await tryPush(somebody)).toMatchObject({ code: 0 });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "branches", PolicyDocument }));
    expect(await tryPush(somebody)).toMatchObject({ code: 1, stderr: expect.stringContaining("403") });
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
    const commits = new CodeCommitClient({ endpoint: server.endpoint, region: REGION, credentials });
    const create = (branchName: string) =>
      commits.send(new CreateBranchCommand({ repositoryName: "shop", branchName, commitId: "1".repeat(40) }));
    await expect(create("branch-x")).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(create("other")).rejects.toMatchObject({ name: "CommitDoesNotExistException" });
  });

  it.skipIf(!has("aws"))("so does an access key, by the credential helper", async () => {
    const user = await withHelper("ann", PULL);
    await clone("shop", user);
    expect((await tryPush(user)).stderr).toEqual(refused(`arn:aws:iam::${ACCOUNT}:user/ann`, PUSH));
  });

  it.skipIf(!has("aws"))("so does a role's session, though only with its own token", async () => {
    const session = await withRole("build", PUSH);
    expect(await tryPush(session)).toMatchObject({ code: 0 });
    expect((await tryClone("shop", session, nothing())).stderr).toEqual(refused(`arn:aws:sts::${ACCOUNT}:assumed-role/build/git`, PULL));
    for (const AWS_SESSION_TOKEN of [undefined, "another"]) {
      const without = { ...session, env: { ...session.env, AWS_SESSION_TOKEN } };
      expect((await tryClone("shop", without, nothing())).stderr).toContain("Authentication failed");
    }
  });
});
