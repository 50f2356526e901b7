import { afterAll, beforeAll, expect, test } from "vitest";
import { createBranch, getBranch } from "./branch.ts";
import { createCommit, deleteFile } from "./change.ts";
import { GitCloud, type GitRepository } from "./codecommit.fixture.ts";
import { getCommit } from "./commit.ts";
import { getFile, getFolder } from "./file.ts";
import { createUnreferencedMergeCommit, mergeBranchesByFastForward, mergeBranchesBySquash, mergeBranchesByThreeWay } from "./merge.ts";
import {
  batchDescribeMergeConflicts,
  describeMergeConflicts,
  getMergeCommit,
  getMergeConflicts,
  getMergeOptions,
} from "./merge-conflict.ts";

let git: GitCloud;

beforeAll(async () => {
  git = await GitCloud.start();
});

afterAll(() => git.cloud.close());

const LINES = "one\ntwo\nthree\nfour\nfive\n";

/** A repository whose main and feature have each gone on from one commit. */
async function diverged(name: string, mine: string, theirs: string): Promise<{ shop: GitRepository; base: string }> {
  const shop = await git.repository(name);
  const base = await shop.put("main", "list.txt", LINES);
  await git.call(createBranch, { repositoryName: name, branchName: "feature", commitId: base });
  await shop.put("feature", "list.txt", mine);
  await shop.put("feature", "new/only.txt", "only on the feature\n");
  await shop.put("main", "list.txt", theirs);
  return { shop, base };
}

const between = (repositoryName: string) => ({ repositoryName, sourceCommitSpecifier: "feature", destinationCommitSpecifier: "main" });

const text = async (repositoryName: string, filePath: string, commitSpecifier = "main"): Promise<string> => {
  const { fileContent } = await git.call(getFile, { repositoryName, filePath, commitSpecifier });
  return Buffer.from(fileContent!).toString();
};

test("a file that both changed is a conflict of files, not of lines", async () => {
  const { shop, base } = await diverged("apart", LINES.replace("one", "ONE"), LINES.replace("five", "FIVE"));
  const where = between("apart");
  const [source, destination] = [await shop.head("feature"), await shop.head("main")];
  const options = { ...where, mergeOption: "THREE_WAY_MERGE" } as const;
  const byFile = await git.call(getMergeConflicts, options);
  expect(byFile).toMatchObject({ mergeable: false, sourceCommitId: source, destinationCommitId: destination, baseCommitId: base });
  expect(byFile.conflictMetadataList).toEqual([
    {
      filePath: "list.txt",
      fileSizes: { source: 24, destination: 24, base: 24 },
      fileModes: { source: "NORMAL", destination: "NORMAL", base: "NORMAL" },
      objectTypes: { source: "FILE", destination: "FILE", base: "FILE" },
      numberOfConflicts: 1,
      isBinaryFile: { source: false, destination: false, base: false },
      contentConflict: true,
      fileModeConflict: false,
      objectTypeConflict: false,
      mergeOperations: { source: "M", destination: "M" },
    },
  ]);
  expect(await git.call(getMergeConflicts, { ...options, conflictDetailLevel: "LINE_LEVEL" })).toMatchObject({ mergeable: true });
  expect((await git.call(getMergeOptions, where)).mergeOptions).toEqual([]);
  const byLine = { ...where, conflictDetailLevel: "LINE_LEVEL" } as const;
  expect((await git.call(getMergeOptions, byLine)).mergeOptions).toEqual(["SQUASH_MERGE", "THREE_WAY_MERGE"]);
  await expect(git.call(mergeBranchesByThreeWay, where)).rejects.toMatchObject({ name: "ManualMergeRequiredException" });
  await expect(git.call(mergeBranchesByFastForward, where)).rejects.toMatchObject({ name: "ManualMergeRequiredException" });
  const loose = await git.call(createUnreferencedMergeCommit, { ...byLine, mergeOption: "SQUASH_MERGE" });
  expect(await shop.head("main")).toBe(destination);
  const merged = await git.call(mergeBranchesByThreeWay, { ...byLine, commitMessage: "Both", authorName: "Ann", email: "ann@example.com" });
  expect(merged.treeId).toBe(loose.treeId);
  expect(await text("apart", "list.txt")).toBe("ONE\ntwo\nthree\nfour\nFIVE\n");
  expect(await text("apart", "new/only.txt")).toBe("only on the feature\n");
  const { commit } = await git.call(getCommit, { repositoryName: "apart", commitId: merged.commitId });
  expect(commit).toMatchObject({ parents: [destination, source], message: "Both", author: { name: "Ann", email: "ann@example.com" } });
  expect(await git.call(getMergeCommit, { ...where, destinationCommitSpecifier: destination })).toMatchObject({
    mergedCommitId: merged.commitId,
  });
  expect(git.told("apart").slice(-2)).toMatchObject([
    { event: "unreferencedMergeCommitCreated", commitId: loose.commitId, mergeOption: "SQUASH_MERGE", conflictDetailsLevel: "LINE_LEVEL" },
    { event: "referenceUpdated", commitId: merged.commitId, sourceCommitId: source, baseCommitId: base, mergeOption: "THREE_WAY_MERGE" },
  ]);
});

test("lines that both changed are told, and are settled by a side or by new content", async () => {
  const { shop } = await diverged("together", LINES.replace("two", "zwei"), LINES.replace("two", "deux"));
  const where = { ...between("together"), conflictDetailLevel: "LINE_LEVEL" } as const;
  const options = { ...where, mergeOption: "SQUASH_MERGE", filePath: "list.txt" } as const;
  const told = await git.call(describeMergeConflicts, options);
  const base64 = (value: string): string => Buffer.from(value).toString("base64");
  expect(told.mergeHunks).toEqual([
    {
      isConflict: true,
      source: { startLine: 2, endLine: 2, hunkContent: base64("zwei\n") },
      destination: { startLine: 2, endLine: 2, hunkContent: base64("deux\n") },
      base: { startLine: 2, endLine: 2, hunkContent: base64("two\n") },
    },
  ]);
  expect(told.conflictMetadata).toMatchObject({ numberOfConflicts: 1, contentConflict: true });
  const { filePath: _, ...batch } = options;
  const all = await git.call(batchDescribeMergeConflicts, { ...batch, filePaths: ["list.txt", "none.txt"] });
  expect(all.conflicts).toHaveLength(1);
  expect(all.errors).toMatchObject([{ filePath: "none.txt", exceptionName: "FileDoesNotExistException" }]);
  await expect(git.call(mergeBranchesBySquash, where)).rejects.toMatchObject({ name: "ManualMergeRequiredException" });
  await expect(git.call(mergeBranchesBySquash, { ...where, conflictResolutionStrategy: "AUTOMERGE" })).rejects.toMatchObject({
    name: "ManualMergeRequiredException",
  });
  const unmerged = { ...where, mergeOption: "SQUASH_MERGE" } as const;
  const settled = async (input: object): Promise<string> => {
    const { commitId } = await git.call(createUnreferencedMergeCommit, { ...unmerged, ...input });
    return text("together", "list.txt", commitId);
  };
  expect(await settled({ conflictResolutionStrategy: "ACCEPT_SOURCE" })).toBe(LINES.replace("two", "zwei"));
  expect(await settled({ conflictResolutionStrategy: "ACCEPT_DESTINATION" })).toBe(LINES.replace("two", "deux"));
  const replace = (entry: object) => ({
    conflictResolutionStrategy: "AUTOMERGE",
    conflictResolution: { replaceContents: [{ filePath: "list.txt", ...entry }] },
  });
  expect(await settled(replace({ replacementType: "KEEP_BASE" }))).toBe(LINES);
  expect(await settled(replace({ replacementType: "USE_NEW_CONTENT", content: Buffer.from("both\n") }))).toBe("both\n");
  await expect(settled(replace({ replacementType: "USE_NEW_CONTENT" }))).rejects.toMatchObject({
    name: "ReplacementContentRequiredException",
  });
  const before = await shop.head("main");
  await git.call(mergeBranchesBySquash, { ...where, conflictResolutionStrategy: "ACCEPT_SOURCE", targetBranch: "main" });
  const { commit } = await git.call(getCommit, { repositoryName: "together", commitId: await shop.head("main") });
  expect(commit!.parents).toEqual([before]);
});

test("a branch with nothing of its own is moved; one that was moved meanwhile is not", async () => {
  const shop = await git.repository("straight");
  const base = await shop.put("main", "a", "1");
  await git.call(createBranch, { repositoryName: "straight", branchName: "feature", commitId: base });
  const tip = await shop.put("feature", "a", "2");
  expect((await git.call(getMergeOptions, between("straight"))).mergeOptions).toEqual([
    "FAST_FORWARD_MERGE",
    "SQUASH_MERGE",
    "THREE_WAY_MERGE",
  ]);
  await expect(
    git.call(mergeBranchesByFastForward, { ...between("straight"), destinationCommitSpecifier: base, targetBranch: "feature" }),
  ).rejects.toMatchObject({ name: "ConcurrentReferenceUpdateException" });
  expect(await git.call(mergeBranchesByFastForward, between("straight"))).toMatchObject({ commitId: tip });
  expect((await git.call(getBranch, { repositoryName: "straight", branchName: "main" })).branch!.commitId).toBe(tip);
});

test("a file here and a folder there, a file gone here and changed there, bytes that are no text", async () => {
  const repositoryName = "odd";
  const shop = await git.repository(repositoryName);
  await shop.put("main", "gone", "x\n");
  const base = await shop.put("main", "bytes", new Uint8Array([0, 255, 1]));
  await git.call(createBranch, { repositoryName, branchName: "feature", commitId: base });
  await shop.put("feature", "bytes", new Uint8Array([0, 255, 2]));
  await shop.put("feature", "thing/part", "part\n");
  await git.call(deleteFile, { repositoryName, branchName: "feature", filePath: "gone", parentCommitId: await shop.head("feature") });
  await shop.put("main", "bytes", new Uint8Array([0, 255, 3]));
  await shop.put("main", "thing", "thing\n");
  await shop.put("main", "gone", "y\n");
  const where = { ...between(repositoryName), conflictDetailLevel: "LINE_LEVEL" } as const;
  const { conflictMetadataList: list } = await git.call(getMergeConflicts, { ...where, mergeOption: "THREE_WAY_MERGE" });
  expect(list).toMatchObject([
    { filePath: "bytes", contentConflict: true, isBinaryFile: { source: true, destination: true } },
    { filePath: "gone", contentConflict: true, mergeOperations: { source: "D", destination: "M" } },
    { filePath: "thing", objectTypeConflict: true, objectTypes: { source: "DIRECTORY", destination: "FILE" } },
  ]);
  const accepted = (conflictResolutionStrategy: "ACCEPT_SOURCE" | "ACCEPT_DESTINATION") =>
    git.call(createUnreferencedMergeCommit, { ...where, mergeOption: "THREE_WAY_MERGE", conflictResolutionStrategy });
  const namesIn = async (commitSpecifier: string): Promise<(string | undefined)[]> => {
    const { files, subFolders } = await git.call(getFolder, { repositoryName, folderPath: "/", commitSpecifier });
    return [...files!, ...subFolders!].map(({ absolutePath }) => absolutePath);
  };
  expect(await namesIn((await accepted("ACCEPT_SOURCE")).commitId!)).toEqual(["bytes", "thing"]);
  expect(await text(repositoryName, "thing/part", (await accepted("ACCEPT_SOURCE")).commitId)).toBe("part\n");
  expect(await namesIn((await accepted("ACCEPT_DESTINATION")).commitId!)).toEqual(["bytes", "gone", "thing"]);
});

test("a merge may keep the folders that it empties", async () => {
  const repositoryName = "folders";
  const shop = await git.repository(repositoryName);
  const base = await git.call(createCommit, {
    repositoryName,
    branchName: "main",
    putFiles: [
      { filePath: "docs/a.md", fileContent: Buffer.from("a") },
      { filePath: "b", fileContent: Buffer.from("b") },
    ],
  });
  await git.call(createBranch, { repositoryName, branchName: "feature", commitId: base.commitId });
  await git.call(deleteFile, { repositoryName, branchName: "feature", filePath: "docs/a.md", parentCommitId: base.commitId });
  await shop.put("main", "b", "c");
  const { commitId } = await git.call(mergeBranchesByThreeWay, { ...between(repositoryName), keepEmptyFolders: true });
  const { files } = await git.call(getFolder, { repositoryName, folderPath: "docs", commitSpecifier: commitId });
  expect(files!.map(({ relativePath }) => relativePath)).toEqual([".gitkeep"]);
});
