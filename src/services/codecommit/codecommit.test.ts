import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cloud } from "../../cloud.ts";
import { simulatedHands } from "../../compute/simulated.ts";
import { rootCaller } from "../../kernel/caller.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import type { Operation } from "../../kernel/operation.ts";
import type { Progress } from "../../kernel/resource.ts";
import { cloudOf } from "../../testing/cloud-of.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { zipOf } from "../lambda/zip.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3 } from "../s3/index.ts";
import { sts } from "../sts/index.ts";
import { ensureSourceArchive, forgetSourceArchive, mirrorRefs } from "./api.ts";
import { createBranch, deleteBranch, getBranch, listBranches } from "./branch.ts";
import { createCommit, deleteFile, putFile } from "./change.ts";
import { batchGetCommits, getCommit } from "./commit.ts";
import { getDifferences } from "./difference.ts";
import { getBlob, getFile, getFolder } from "./file.ts";
import { codecommit } from "./index.ts";
import { deleteRepository } from "./removal.ts";
import { createRepository, getRepository, listRepositories, updateRepositoryName } from "./repository.ts";
import { repositoryResource } from "./resources.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);
const ALICE = "arn:aws:iam::111122223333:user/alice";
const HERE = { account: "111122223333", region: "eu-west-1" };

const hands = simulatedHands(() => ({ afterMs: 10, status: "SUCCEEDED", result: { git: [{ exitCode: 0, stdout: "", stderr: "" }] } }));
const build = (): World => new World({ services: [codecommit], hands, start: 0 });

async function createShop(cloud: World): Promise<string> {
  const { repositoryMetadata } = await cloud.call(createRepository, { repositoryName: "shop", repositoryDescription: "The shop" });
  // Every repository has a key, if only CodeCommit's own.
  expect(repositoryMetadata!.kmsKeyId).toBe("alias/aws/codecommit");
  return repositoryMetadata!.repositoryId!;
}

const push = (cloud: World, id: string, refs: Record<string, string>): void =>
  cloud.change((scope) => mirrorRefs(scope, id, new Map(Object.entries(refs)), { callerArn: ALICE, refs: Object.keys(refs) }));

const told = (cloud: World) => events.peek(cloud.scope(), EVENTS).map(({ value }) => value);

test("a push moves the rows, makes the first branch the default, and is told of once", async () => {
  const cloud = build();
  const id = await createShop(cloud);
  push(cloud, id, { "refs/heads/main": ONE });
  push(cloud, id, { "refs/heads/main": ONE });
  push(cloud, id, { "refs/heads/main": TWO, "refs/tags/v1": ONE, "refs/notes/x": ONE });
  push(cloud, id, { "refs/heads/main": TWO });
  expect(told(cloud).map(({ detail }) => `${detail["event"]} ${detail["referenceFullName"]}`)).toEqual([
    "referenceCreated refs/heads/main",
    "referenceUpdated refs/heads/main",
    "referenceCreated refs/tags/v1",
    "referenceDeleted refs/tags/v1",
  ]);
  expect(told(cloud)[1]).toMatchObject({
    source: "aws.codecommit",
    detailType: "CodeCommit Repository State Change",
    resources: ["arn:aws:codecommit:eu-west-1:111122223333:shop"],
    detail: {
      event: "referenceUpdated",
      repositoryName: "shop",
      repositoryId: id,
      referenceType: "branch",
      referenceName: "main",
      referenceFullName: "refs/heads/main",
      commitId: TWO,
      oldCommitId: ONE,
      callerUserArn: ALICE,
    },
  });
  expect((await cloud.call(getRepository, { repositoryName: "shop" })).repositoryMetadata).toMatchObject({
    defaultBranch: "main",
    cloneUrlHttp: "http://127.0.0.1:4566/v1/repos/shop",
  });
  expect((await cloud.call(getBranch, { repositoryName: "shop", branchName: "main" })).branch).toEqual({
    branchName: "main",
    commitId: TWO,
  });
});

test.each([
  [["b", "a"], "a"],
  [["a", "main", "master"], "main"],
  [["a", "master"], "master"],
])("of %j that come at once, %s is the default", async (branches, expected) => {
  const cloud = build();
  const id = await createShop(cloud);
  push(cloud, id, Object.fromEntries(branches.map((name) => [`refs/heads/${name}`, ONE])));
  push(cloud, id, Object.fromEntries([...branches, "main"].map((name) => [`refs/heads/${name}`, ONE])));
  expect((await cloud.call(getRepository, { repositoryName: "shop" })).repositoryMetadata!.defaultBranch).toBe(expected);
});

test("refuses as CodeCommit does; a renamed repository keeps its refs", async () => {
  const cloud = build();
  const id = await createShop(cloud);
  await expect(createShop(cloud)).rejects.toMatchObject({ name: "RepositoryNameExistsException" });
  await expect(cloud.call(getRepository, { repositoryName: "none" })).rejects.toThrow("none does not exist");
  push(cloud, id, { "refs/heads/main": ONE });
  await cloud.call(updateRepositoryName, { oldName: "shop", newName: "store" });
  expect((await cloud.call(listBranches, { repositoryName: "store" })).branches).toEqual(["main"]);
  expect(await cloud.call(deleteRepository, { repositoryName: "store" })).toEqual({ repositoryId: id });
  expect((await cloud.call(listRepositories, {})).repositories).toEqual([]);
});

test("AWS::CodeCommit::Repository is made once per token, renamed and removed", () => {
  const cloud = build();
  const request = { token: "t", generatedName: "Stack-Repository-X", logicalId: "Repository", stackId: "s", tags: [] };
  const ensure = (declared: object, id?: string) => cloud.change((scope) => repositoryResource.ensure(scope, declared, id, request));
  const made = ensure({ RepositoryName: "shop" });
  expect(ensure({ RepositoryName: "shop" })).toEqual(made);
  expect(repositoryResource.read(cloud.scope(), made.id!)).toMatchObject({ Name: "shop" });
  ensure({ RepositoryName: "store", RepositoryDescription: "x" }, made.id);
  expect(repositoryResource.read(cloud.scope(), made.id!)).toMatchObject({ RepositoryName: "store", RepositoryDescription: "x" });
});

test("a branch that git made is told of once, whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
    const id = await createShop(cloud);
    push(cloud, id, { "refs/heads/main": ONE });
    // The caller goes with the power; the errand does not.
    void cloud.call(createBranch, { repositoryName: "shop", branchName: "next", commitId: ONE }).catch(() => {});
    await cloud.advance("5m");
    push(cloud, id, { "refs/heads/main": ONE, "refs/heads/next": ONE });
    expect(told(cloud).filter(({ detail }) => detail["referenceName"] === "next")).toHaveLength(1);
  });
});

let cloud: Cloud;
const services = [iam, sts, s3, codecommit];

beforeAll(async () => {
  cloud = await cloudOf(services);
});

afterAll(() => cloud.close());

const call = async <I, O>(operation: Operation<I, O>, input: I): Promise<O> =>
  (await cloud.drive.call(operation, input, rootCaller(HERE.account, HERE.region))) as O;

test("files, commits and branches are git's own", async () => {
  const repositoryName = "books";
  const { repositoryMetadata } = await call(createRepository, { repositoryName });
  const text = (value: string): Uint8Array => Buffer.from(value);
  const first = await call(putFile, { repositoryName, branchName: "main", filePath: "a b.txt", fileContent: text("one"), name: "Ann" });
  expect(first).toMatchObject({ blobId: "43dd47ea691c90a5fa7827892c70241913351963", commitId: expect.stringMatching(/^[0-9a-f]{40}$/) });
  const branchName = "main";
  await expect(call(putFile, { repositoryName, branchName, filePath: "x", fileContent: text("x") })).rejects.toMatchObject({
    name: "ParentCommitIdRequiredException",
  });
  const second = await call(createCommit, {
    repositoryName,
    branchName,
    parentCommitId: first.commitId,
    commitMessage: "Zwei",
    putFiles: [
      { filePath: "a b.txt", fileContent: text("two") },
      { filePath: "src/run.sh", fileContent: text("#!/bin/sh\n"), fileMode: "EXECUTABLE" },
    ],
  });
  expect(second.filesUpdated).toMatchObject([{ absolutePath: "a b.txt" }]);
  expect(second.filesAdded).toMatchObject([{ absolutePath: "src/run.sh", fileMode: "EXECUTABLE" }]);
  expect((await call(getCommit, { repositoryName, commitId: second.commitId })).commit).toMatchObject({
    message: "Zwei",
    parents: [first.commitId],
    treeId: second.treeId,
  });
  const file = await call(getFile, { repositoryName, filePath: "src/run.sh" });
  expect(file).toMatchObject({ fileMode: "EXECUTABLE", fileSize: 10, commitId: second.commitId });
  expect(Buffer.from((await call(getBlob, { repositoryName, blobId: file.blobId })).content!).toString()).toBe("#!/bin/sh\n");
  expect(await call(getFolder, { repositoryName, folderPath: "/" })).toMatchObject({
    subFolders: [{ absolutePath: "src" }],
    files: [{ absolutePath: "a b.txt" }],
  });
  const { differences } = await call(getDifferences, {
    repositoryName,
    beforeCommitSpecifier: first.commitId,
    afterCommitSpecifier: "main",
  });
  expect(differences!.map(({ changeType }) => changeType)).toEqual(["M", "A"]);
  await call(createBranch, { repositoryName, branchName: "next", commitId: first.commitId });
  const gone = await call(deleteFile, { repositoryName, branchName, filePath: "a b.txt", parentCommitId: second.commitId! });
  expect((await call(getBranch, { repositoryName, branchName })).branch!.commitId).toBe(gone.commitId);
  await expect(call(getFile, { repositoryName, filePath: "a b.txt" })).rejects.toMatchObject({ name: "FileDoesNotExistException" });
  expect((await call(batchGetCommits, { repositoryName, commitIds: [first.commitId!, ONE] })).errors).toMatchObject([{ commitId: ONE }]);
  expect((await call(deleteBranch, { repositoryName, branchName: "next" })).deletedBranch).toMatchObject({ commitId: first.commitId });
  expect((await call(listBranches, { repositoryName })).branches).toEqual(["main"]);
  const archive = await archived(repositoryMetadata!.repositoryId!, second.commitId!);
  expect(archive).toMatchObject({ state: "done", summary: { message: "Zwei" }, archive: { digest: expect.stringMatching(/^sha256:/) } });
});

/** The zip of a commit, once there is one. */
function archived(repositoryId: string, commit: string) {
  const ensure = () => cloud.kernel.commit(HERE, (scope) => ensureSourceArchive(scope, "a", repositoryId, commit));
  return new Promise((resolve) => {
    let over = false;
    const look = (): void => {
      const archive = over ? undefined : ensure();
      if (archive === undefined || archive.state === "busy") return;
      over = true;
      stop();
      cloud.kernel.commit(HERE, (scope) => forgetSourceArchive(scope, "a"));
      resolve(archive);
    };
    const stop = cloud.kernel.watch(() => setImmediate(look));
    look();
  });
}

test("AWS::CodeCommit::Repository begins with the files of a zip, as the default branch", async () => {
  const bytes = zipOf([
    { name: "README.md", bytes: Buffer.from("hello") },
    { name: "src/main.ts", bytes: Buffer.from("1") },
  ]);
  await call(createBucket, { Bucket: "code", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  const request = { token: "code", generatedName: "Stack-Repository-X", logicalId: "Repository", stackId: "s", tags: [] };
  const begin = (RepositoryName: string, Key: string) => {
    const declared = { RepositoryName, Code: { BranchName: "trunk", S3: { Bucket: "code", Key } } };
    const ensure = () =>
      cloud.kernel.commit(HERE, (scope) => repositoryResource.ensure(scope, declared, undefined, { ...request, token: RepositoryName }));
    return new Promise<Progress>((resolve) => {
      const look = (): void => {
        const progress = ensure();
        if (progress.state === "busy") return;
        stop();
        resolve(progress);
      };
      const stop = cloud.kernel.watch(() => setImmediate(look));
      setImmediate(look);
    });
  };
  cloud.kernel.commit(HERE, (scope) => {
    putObject(scope, "code", "first.zip", scope.blobs.write(bytes));
    putObject(scope, "code", "broken.zip", scope.blobs.write(Buffer.from("no zip")));
  });
  expect(await begin("begun", "first.zip")).toMatchObject({ state: "done" });
  const repositoryName = "begun";
  expect((await call(getRepository, { repositoryName })).repositoryMetadata!.defaultBranch).toBe("trunk");
  expect((await call(getFolder, { repositoryName, folderPath: "/" })).files).toMatchObject([{ absolutePath: "README.md" }]);
  expect(Buffer.from((await call(getFile, { repositoryName, filePath: "src/main.ts" })).fileContent!).toString()).toBe("1");
  expect(await begin("none", "none.zip")).toMatchObject({ state: "failed", reason: "There is no object none.zip in bucket code." });
  expect(await begin("broken", "broken.zip")).toMatchObject({ state: "failed", reason: expect.stringContaining("not a zip file") });
});

test("an archive whose job was cut off with the cloud is asked for again", async () => {
  const cutOff = simulatedHands(({ spec, requestedAt }) => {
    if (requestedAt === 0) return { afterMs: 10, status: "LOST", reason: "It was running when the cloud stopped." };
    if (spec.type === "git") return { afterMs: 10, status: "SUCCEEDED", result: { git: [{ exitCode: 0, stdout: "", stderr: "" }] } };
    return { afterMs: 10, status: "SUCCEEDED", result: { outputs: { archive: { digest: "sha256:1", size: 1 } } } };
  });
  const world = new World({ services: [codecommit], hands: cutOff, start: 0 });
  const id = await createShop(world);
  const ensure = () => world.change((scope) => ensureSourceArchive(scope, "a", id, ONE));
  for (let n = 0; n < 3 && ensure().state === "busy"; n++) await world.advance("1s");
  expect(ensure()).toMatchObject({ state: "done", archive: { digest: "sha256:1" } });
});
