import { describe, expect, test } from "vitest";
import { CERTIFICATE } from "../../compute/tls-server.fixture.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { describeSecurityGroups } from "../ec2/security-group.ts";
import { describeSubnets } from "../ec2/subnet.ts";
import { describeVpcs } from "../ec2/vpc.ts";
import { createUser } from "../iam/user.ts";
import { services } from "../index.ts";
import { createKey, disableKey } from "../kms/key.ts";
import {
  complete,
  completeHostCalled,
  connectionCalled,
  ensureSource,
  forgetSource,
  noticePush,
  serverOf,
  watchedHead,
  watchedRefs,
  watchSource,
} from "./api.ts";
import { createConnection, deleteConnection, getConnection, listConnections, providerFor } from "./connection.ts";
import { StoryServer } from "./git-server.fixture.ts";
import { addressOf, parseRepository } from "./git-server.ts";
import { createHost, deleteHost, getHost, listHosts, updateHost } from "./host.ts";
import { createRepositoryLink, updateRepositoryLink } from "./repository-link.ts";
import { listTagsForResource, tagResource, untagResource } from "./tag.ts";

const SHOP = "/srv/git/acme/shop";
const FOLDER = serverOf({ path: "/srv/git/" })!;

function story(): { cloud: World; server: StoryServer } {
  const server = new StoryServer();
  return { cloud: new World({ services, hands: server.hands(), start: 0 }), server };
}

async function connected(cloud: World, server = FOLDER): Promise<string> {
  const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
  cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, server));
  return ConnectionArn!;
}

describe("a connection", () => {
  test("is PENDING until its handshake is completed, and is found under both names", async () => {
    const { cloud } = story();
    const made = await cloud.call(createConnection.former, {
      ConnectionName: "old",
      ProviderType: "GitLab",
      Tags: [{ Key: "a", Value: "b" }],
    });
    expect(made.ConnectionArn).toMatch(/^arn:aws:codestar-connections:eu-west-1:111122223333:connection\/[0-9a-f-]{36}$/);
    const { Connection } = await cloud.call(getConnection.current, made);
    expect(Connection).toEqual({
      ConnectionName: "old",
      ...{ ConnectionArn: made.ConnectionArn },
      ProviderType: "GitLab",
      OwnerAccountId: "111122223333",
      ConnectionStatus: "PENDING",
    });
    const renamed = made.ConnectionArn!.replace("codestar-connections", "codeconnections");
    expect((await cloud.call(getConnection.former, { ConnectionArn: renamed })).Connection).toEqual(Connection);
    cloud.change((scope) => complete(scope, connectionCalled(scope, "old")!, serverOf({ url: "http://127.0.0.1:3000/" })));
    expect((await cloud.call(getConnection.current, made)).Connection!.ConnectionStatus).toBe("AVAILABLE");
    const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "new", ProviderType: "GitHub" });
    expect(ConnectionArn).toMatch(/^arn:aws:codeconnections:/);
    expect(
      (await cloud.call(listConnections.current, { ProviderTypeFilter: "GitHub" })).Connections!.map((one) => one.ConnectionName),
    ).toEqual(["new"]);
    expect((await cloud.call(listConnections.former, { MaxResults: 1 })).NextToken).toBeDefined();
    await cloud.call(deleteConnection.current, { ConnectionArn });
    await expect(cloud.call(getConnection.current, { ConnectionArn })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("has a provider or a host, and not both; a host with connections stays", async () => {
    const { cloud } = story();
    const both = {
      ConnectionName: "x",
      ProviderType: "GitHub" as const,
      HostArn: "arn:aws:codeconnections:eu-west-1:111122223333:host/x-1",
    };
    for (const input of [both, { ConnectionName: "x" }])
      await expect(cloud.call(createConnection.current, input)).rejects.toMatchObject({ name: "InvalidInputException" });
    const host = { Name: "forge", ProviderType: "GitLabSelfManaged" as const, ProviderEndpoint: "http://127.0.0.1:3000" };
    await expect(cloud.call(createHost.current, { ...host, ProviderType: "GitHub" })).rejects.toMatchObject({
      name: "InvalidInputException",
    });
    const { HostArn } = await cloud.call(createHost.current, host);
    const wanted = { ConnectionName: "x", HostArn };
    const { ConnectionArn } = await cloud.call(createConnection.current, wanted);
    expect(cloud.change((scope) => completeHostCalled(scope, "forge"))).toBe("AVAILABLE");
    expect((await cloud.call(getConnection.current, { ConnectionArn })).Connection).toMatchObject({
      ProviderType: "GitLabSelfManaged",
      HostArn,
    });
    // The provider is where its host says.
    expect(cloud.change((scope) => complete(scope, connectionCalled(scope, "x")!, undefined))).toMatchObject({
      server: "http://127.0.0.1:3000",
    });
    await cloud.call(updateHost.current, { HostArn, ProviderEndpoint: "http://127.0.0.1:4000" });
    expect(await cloud.call(getHost.former, { HostArn })).toMatchObject({ Status: "AVAILABLE", ProviderEndpoint: "http://127.0.0.1:4000" });
    await expect(cloud.call(deleteHost.current, { HostArn })).rejects.toMatchObject({ name: "ResourceUnavailableException" });
    await cloud.call(deleteConnection.current, { ConnectionArn });
    await cloud.call(deleteHost.current, { HostArn });
    expect((await cloud.call(listHosts.current, {})).Hosts).toEqual([]);
  });

  test("by a host in a VPC, is reached by the host's own certificate", async () => {
    const { cloud, server } = story();
    const { VpcId } = (await cloud.call(describeVpcs, {})).Vpcs![0]!;
    const { SubnetId } = (await cloud.call(describeSubnets, {})).Subnets![0]!;
    const { GroupId } = (await cloud.call(describeSecurityGroups, {})).SecurityGroups![0]!;
    const VpcConfiguration = { VpcId, SubnetIds: [SubnetId!], SecurityGroupIds: [GroupId!], TlsCertificate: CERTIFICATE };
    const host = { Name: "forge", ProviderType: "GitHubEnterpriseServer" as const, ProviderEndpoint: "https://git.example.com/" };
    const { HostArn } = await cloud.call(createHost.current, { ...host, VpcConfiguration });
    const status = async () => (await cloud.call(getHost.current, { HostArn })).Status;
    expect(await status()).toBe("PENDING");
    cloud.change((scope) => completeHostCalled(scope, "forge"));
    const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "x", HostArn });
    cloud.change((scope) => complete(scope, connectionCalled(scope, "x")!, undefined));
    server.push("https://git.example.com/acme/shop.git", "main", {});
    const source = { connectionArn: ConnectionArn!, fullRepositoryId: "acme/shop", branch: "main" };
    cloud.change((scope) => ensureSource(scope, "one", source));
    await cloud.advance("1s");
    expect(server.certificates).toEqual([CERTIFICATE]);
    expect(providerFor(cloud.scope(), ConnectionArn!)).toMatchObject({ api: "https://git.example.com/api/v3", certificate: CERTIFICATE });
    await cloud.call(updateHost.current, { HostArn, VpcConfiguration });
    expect(await status()).toBe("AVAILABLE");
    await cloud.call(deleteConnection.current, { ConnectionArn });
    await cloud.call(deleteHost.current, { HostArn });
    await expect(cloud.call(getHost.current, { HostArn })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test.each([
    ["The VPC vpc-00000000 does not exist.", { VpcId: "vpc-00000000" }],
    ["The subnet subnet-00000000 is not in the VPC", { SubnetIds: ["subnet-00000000"] }],
    ["The security group sg-00000000 is not in the VPC", { SecurityGroupIds: ["sg-00000000"] }],
    ["The TLS certificate is not a certificate in PEM format.", { TlsCertificate: "secret" }],
  ])("by a host whose VPC configuration is wrong, is not: %s", async (message, wrong) => {
    const { cloud } = story();
    const { VpcId } = (await cloud.call(describeVpcs, {})).Vpcs![0]!;
    const { SubnetId } = (await cloud.call(describeSubnets, {})).Subnets![0]!;
    const { GroupId } = (await cloud.call(describeSecurityGroups, {})).SecurityGroups![0]!;
    const VpcConfiguration = { VpcId, SubnetIds: [SubnetId!], SecurityGroupIds: [GroupId!], ...wrong };
    const host = { Name: "forge", ProviderType: "GitHubEnterpriseServer" as const, ProviderEndpoint: "https://git.example.com/" };
    const { HostArn } = await cloud.call(createHost.current, { ...host, VpcConfiguration });
    const failed = { HostArn, Status: "VPC_CONFIG_FAILED_INITIALIZATION", StatusMessage: expect.stringContaining(message) };
    expect((await cloud.call(listHosts.current, {})).Hosts).toMatchObject([failed]);
    cloud.change((scope) => completeHostCalled(scope, "forge"));
    await expect(cloud.call(createConnection.current, { ConnectionName: "x", HostArn })).rejects.toMatchObject({
      name: "ResourceUnavailableException",
    });
  });

  test("a repository link takes a key that is there and can encrypt", async () => {
    const { cloud } = story();
    const wanted = { ConnectionArn: await connected(cloud), OwnerId: "acme", RepositoryName: "shop" };
    const missing = `arn:aws:kms:eu-west-1:${cloud.account}:key/00000000-0000-0000-0000-000000000000`;
    await expect(cloud.call(createRepositoryLink.current, { ...wanted, EncryptionKeyArn: missing })).rejects.toMatchObject({
      name: "InvalidInputException",
    });
    const { Arn: EncryptionKeyArn, KeyId } = (await cloud.call(createKey, {})).KeyMetadata!;
    const { RepositoryLinkInfo } = await cloud.call(createRepositoryLink.current, { ...wanted, EncryptionKeyArn });
    expect(RepositoryLinkInfo).toMatchObject({ EncryptionKeyArn });
    await cloud.call(disableKey, { KeyId });
    await expect(
      cloud.call(updateRepositoryLink.current, { RepositoryLinkId: RepositoryLinkInfo!.RepositoryLinkId!, EncryptionKeyArn }),
    ).rejects.toThrow("its state Disabled");
  });

  test("keeps tags", async () => {
    const { cloud } = story();
    const { ConnectionArn: ResourceArn } = await cloud.call(createConnection.current, {
      ConnectionName: "x",
      ProviderType: "GitHub",
      Tags: [{ Key: "a", Value: "1" }],
    });
    await cloud.call(tagResource.former, { ResourceArn, Tags: [{ Key: "b", Value: "2" }] });
    await cloud.call(untagResource.current, { ResourceArn, TagKeys: ["a"] });
    expect(await cloud.call(listTagsForResource.current, { ResourceArn })).toEqual({ Tags: [{ Key: "b", Value: "2" }] });
    await expect(cloud.call(listTagsForResource.current, { ResourceArn: `${ResourceArn}0` })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  test("leads to any git server", () => {
    const shop = parseRepository("acme/web/shop");
    expect(shop).toEqual({ owner: "acme/web", name: "shop" });
    expect(addressOf({ type: "url", base: "http://h:1/git" }, shop)).toBe("http://h:1/git/acme/web/shop.git");
    expect(addressOf({ type: "folder", base: "/srv" }, shop)).toBe("/srv/acme/web/shop");
    expect(addressOf({ type: "url", base: "http://h/v1/repos/{name}" }, shop)).toBe("http://h/v1/repos/shop");
    for (const given of [{ url: "ext::sh -c id" }, { url: "file:///x" }, { path: "--upload-pack=id" }, {}])
      expect(serverOf(given)).toBeUndefined();
  });
});

test("a link needs the use of its connection, where trust is enforced", async () => {
  const cloud = new World({ services, trust: "enforced", start: 0 });
  const arn = await connected(cloud, { type: "codecommit" });
  await cloud.call(createUser, { UserName: "bob" });
  const bob = { ...cloud.caller, type: "user" as const, arn: `arn:aws:iam::${cloud.account}:user/bob` };
  const link = { ConnectionArn: arn, OwnerId: "acme", RepositoryName: "shop" };
  await expect(cloud.call(createRepositoryLink.current, link, bob)).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining("codeconnections:UseConnection"),
  });
  await cloud.call(createRepositoryLink.current, link);
});

describe("a source behind a connection", () => {
  const source = (connectionArn: string) => ({ connectionArn, fullRepositoryId: "acme/shop", branch: "main" });
  const ask = (cloud: World, arn: string, id = "run") => cloud.change((scope) => ensureSource(scope, id, source(arn)));

  test("is what the branch was at some time after it was asked for", async () => {
    const { cloud, server } = story();
    const arn = await connected(cloud);
    const one = server.push(SHOP, "main", {});
    expect(ask(cloud, arn)).toMatchObject({ state: "busy" });
    await cloud.advance("1s");
    expect(ask(cloud, arn)).toMatchObject({ state: "done", commit: one, repositoryId: expect.stringMatching(/^connection-[0-9a-f]{40}$/) });
    const two = server.push(SHOP, "main", { a: "b" });
    expect(ask(cloud, arn)).toMatchObject({ commit: one });
    cloud.change((scope) => forgetSource(scope, "run"));
    ask(cloud, arn);
    await cloud.advance("1s");
    expect(ask(cloud, arn)).toMatchObject({ commit: two });
    // Nobody watches: nothing is fetched.
    const { fetches } = server;
    await cloud.advance("1h");
    expect(server.fetches).toBe(fetches);
  });

  test("fails in a sentence", async () => {
    const { cloud, server } = story();
    const { ConnectionArn } = await cloud.call(createConnection.current, { ConnectionName: "hub", ProviderType: "GitHub" });
    expect(ask(cloud, ConnectionArn!)).toEqual({
      state: "failed",
      reason: `Connection ${ConnectionArn} is not available: its status is PENDING.`,
    });
    cloud.change((scope) => complete(scope, connectionCalled(scope, "hub")!, FOLDER));
    ask(cloud, ConnectionArn!);
    await cloud.advance("1s");
    expect(ask(cloud, ConnectionArn!)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("does not appear to be a git repository"),
    });
    server.push(SHOP, "next", {});
    ask(cloud, ConnectionArn!, "other");
    await cloud.advance("1s");
    expect(ask(cloud, ConnectionArn!, "other")).toEqual({ state: "failed", reason: "No branch [main] found in [acme/shop]." });
  });

  test("is noticed to move within a minute where nobody tells", async () => {
    const { cloud, server } = story();
    const arn = await connected(cloud);
    const head = () => watchedHead(cloud.scope(), source(arn));
    server.push(SHOP, "main", {});
    cloud.change((scope) => watchSource(scope, "me", source(arn)));
    await cloud.advance("1s");
    const two = server.push(SHOP, "main", { a: "1" });
    await cloud.advance("50s");
    expect(head()).not.toMatchObject({ commit: two });
    server.push(SHOP, "next", {});
    await cloud.advance("11s");
    expect(head()).toMatchObject({ commit: two });
    const seen = watchedRefs(cloud.scope(), source(arn))!;
    expect([seen.repositoryId, [...seen.refs.keys()]]).toEqual([
      (head() as { repositoryId?: string }).repositoryId,
      ["refs/heads/main", "refs/heads/next"],
    ]);
  });

  test("is noticed to move at once where somebody tells of it, and is then looked at more seldom", async () => {
    const { cloud, server } = story();
    const arn = await connected(cloud);
    const head = () => watchedHead(cloud.scope(), source(arn));
    const one = server.push(SHOP, "main", {});
    cloud.change((scope) => watchSource(scope, "me", source(arn)));
    await cloud.advance("1s");
    expect(head()).toMatchObject({ commit: one });
    const two = server.push(SHOP, "main", { a: "1" });
    expect(cloud.change((scope) => noticePush(scope, "Acme/Shop"))).toBe(1);
    await cloud.advance("1s");
    expect(head()).toMatchObject({ commit: two });
    // Whoever told of one push is believed to tell of the next.
    const three = server.push(SHOP, "main", { a: "2" });
    await cloud.advance("9m");
    expect(head()).toMatchObject({ commit: two });
    await cloud.advance("61s");
    expect(head()).toMatchObject({ commit: three });
  });

  test("is fetched to the same end whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(
      () => story().cloud,
      async (cloud) => {
        const arn = await connected(cloud);
        cloud.change((scope) => watchSource(scope, "me", source(arn)));
        await cloud.advance("90s");
      },
    );
  });
});

test("a host is prepared and taken away whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(
    () => story().cloud,
    async (cloud) => {
      const VpcConfiguration = { VpcId: "vpc-00000000", SubnetIds: ["subnet-00000000"], SecurityGroupIds: ["sg-00000000"] };
      const host = { Name: "forge", ProviderType: "GitHubEnterpriseServer" as const, ProviderEndpoint: "https://git.example.com" };
      const { HostArn } = await cloud.call(createHost.current, { ...host, VpcConfiguration });
      await cloud.advance("2m");
      await cloud.call(deleteHost.current, { HostArn });
      await cloud.advance("1m");
      expect((await cloud.call(listHosts.current, {})).Hosts).toEqual([]);
    },
  );
});
