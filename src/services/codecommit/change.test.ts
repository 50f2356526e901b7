import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getBlobDifferences } from "./blob-difference.ts";
import { createCommit, putFile } from "./change.ts";
import { GitCloud, user } from "./codecommit.fixture.ts";
import { deleteCommentContent, getComment, postCommentReply, updateComment } from "./comment.ts";
import { getCommentsForComparedCommit, postCommentForComparedCommit } from "./comment-place.ts";
import { getDifferences } from "./difference.ts";
import { errands } from "./errand.ts";
import { getFile, getFolder } from "./file.ts";
import { listFileCommitHistory } from "./file-history.ts";
import { getCommentReactions, putCommentReaction } from "./reaction.ts";
import { deleteRepository } from "./removal.ts";

let git: GitCloud;

beforeAll(async () => {
  git = await GitCloud.start();
});

afterAll(() => git.cloud.close());

const bytes = (text: string): Uint8Array => Buffer.from(text);
const binary = new Uint8Array([0, 159, 146, 150, 10, 255]);

test("a commit copies, moves, changes modes and keeps folders; bytes are kept as they are", async () => {
  const repositoryName = "changes";
  const branchName = "main";
  const shop = await git.repository(repositoryName);
  const first = await git.call(createCommit, {
    repositoryName,
    branchName,
    putFiles: [
      { filePath: "bin/tool", fileContent: binary },
      { filePath: "docs/old.md", fileContent: bytes("text\n") },
    ],
  });
  const parentCommitId = first.commitId;
  const commit = (input: object) => git.call(createCommit, { repositoryName, branchName, parentCommitId, ...input });
  const refused = (input: object, name: string) => expect(commit(input)).rejects.toMatchObject({ name: `${name}Exception` });
  const put = (filePath: string, more: object = { fileContent: bytes("x") }) => ({ putFiles: [{ filePath, ...more }] });
  await refused({}, "FileEntryRequired");
  await refused(put("bin"), "FileNameConflictsWithDirectoryName");
  await refused(put("bin/tool/x"), "DirectoryNameConflictsWithFileName");
  await refused(put("x/../y"), "InvalidPath");
  await refused(put("bin/tool", { fileContent: binary }), "NoChange");
  await refused(put("x", {}), "SourceFileOrContentRequired");
  await refused(put("x", { sourceFile: { filePath: "none" } }), "FileDoesNotExist");
  await refused(put("x", { sourceFile: { filePath: "a/.gitkeep" } }), "RestrictedSourceFile");
  await refused({ ...put("x"), deleteFiles: [{ filePath: "x" }] }, "SamePathRequest");
  await refused({ putFiles: [...put("x").putFiles, ...put("x/y").putFiles] }, "PutFileEntryConflict");
  await refused(put("x", { fileContent: new Uint8Array(6 * 1024 * 1024 + 1) }), "FileContentSizeLimitExceeded");
  await refused({ ...put("x"), parentCommitId: "1".repeat(40) }, "ParentCommitDoesNotExist");
  await expect(
    git.call(putFile, { repositoryName, branchName, parentCommitId, filePath: "bin/tool", fileContent: binary }),
  ).rejects.toMatchObject({ name: "SameFileContentException" });
  const second = await commit({
    putFiles: [
      { filePath: "bin/copy", sourceFile: { filePath: "bin/tool" }, fileMode: "EXECUTABLE" },
      { filePath: "new.md", sourceFile: { filePath: "docs/old.md", isMove: true } },
    ],
    setFileModes: [{ filePath: "bin/tool", fileMode: "EXECUTABLE" }],
    keepEmptyFolders: true,
  });
  const names = (files: { absolutePath?: string | undefined }[] | undefined) => files!.map(({ absolutePath }) => absolutePath);
  expect([second.filesAdded, second.filesUpdated, second.filesDeleted].map(names)).toEqual([
    ["bin/copy", "new.md", "docs/.gitkeep"],
    ["bin/tool"],
    ["docs/old.md"],
  ]);
  await refused(put("y"), "ParentCommitIdOutdated");
  const copy = await git.call(getFile, { repositoryName, filePath: "bin/copy" });
  expect(copy).toMatchObject({ fileMode: "EXECUTABLE", fileSize: 6 });
  expect(new Uint8Array(copy.fileContent!)).toEqual(binary);
  expect(names((await git.call(getFolder, { repositoryName, folderPath: "docs/" })).files)).toEqual(["docs/.gitkeep"]);
  const differences = (input: object) =>
    git.call(getDifferences, { repositoryName, beforeCommitSpecifier: first.commitId, afterCommitSpecifier: "main", ...input });
  const page = await differences({ MaxResults: 2 });
  const rest = await differences({ MaxResults: 10, NextToken: page.NextToken });
  expect([...page.differences!, ...rest.differences!].map(({ changeType }) => changeType)).toEqual(["A", "M", "A", "D", "A"]);
  expect((await differences({ afterPath: "docs" })).differences).toHaveLength(2);
  await expect(differences({ afterPath: "none" })).rejects.toMatchObject({ name: "PathDoesNotExistException" });
  await shop.put("main", "new.md", "text\nmore\n");
  const { revisionDag } = await git.call(listFileCommitHistory, { repositoryName, filePath: "new.md" });
  expect(revisionDag!.map(({ path, revisionChildren }) => `${path} ${revisionChildren!.length}`)).toEqual([
    "new.md 0",
    "new.md 1",
    "docs/old.md 1",
  ]);
  const [latest, , oldest] = revisionDag!.map(({ blobId }) => blobId!);
  expect(await git.call(getBlobDifferences, { repositoryName, beforeBlobId: oldest, afterBlobId: latest })).toMatchObject({
    hunks: [
      {
        beforeStartLine: 1,
        beforeLineCount: 1,
        afterStartLine: 1,
        afterLineCount: 2,
        changes: [
          { type: "CONTEXT", beforeLineNumber: 1, afterLineNumber: 1, content: "text" },
          { type: "ADD", afterLineNumber: 2, content: "more" },
        ],
      },
    ],
    isBinary: false,
    beforeBlobSize: 5,
    afterBlobSize: 10,
  });
});

test("comments are about a place, are answered, felt about, changed and taken back by who made them", async () => {
  const repositoryName = "talk";
  const shop = await git.repository(repositoryName);
  const beforeCommitId = await shop.put("main", "a.txt", "one\n");
  const afterCommitId = await shop.put("main", "a.txt", "one\ntwo\n");
  const commits = { repositoryName, beforeCommitId, afterCommitId };
  const say = (input: object) => git.call(postCommentForComparedCommit, { ...commits, content: "Why?", ...input });
  const location = { filePath: "a.txt", filePosition: 2, relativeFileVersion: "AFTER" as const };
  const said = await say({ location, clientRequestToken: "once" });
  expect(said).toMatchObject({ ...commits, location, comment: { authorArn: user("ann"), content: "Why?", deleted: false } });
  expect((await say({ location, clientRequestToken: "once" })).comment!.commentId).toBe(said.comment!.commentId);
  await expect(say({ content: "What?", location, clientRequestToken: "once" })).rejects.toMatchObject({
    name: "IdempotencyParameterMismatchException",
  });
  await expect(say({ location: { ...location, filePosition: 3 } })).rejects.toMatchObject({ name: "InvalidFilePositionException" });
  await expect(say({ location: { filePath: "b.txt" } })).rejects.toMatchObject({ name: "PathDoesNotExistException" });
  await expect(say({ beforeCommitId: afterCommitId })).rejects.toMatchObject({ name: "BeforeCommitIdAndAfterCommitIdAreSameException" });
  const { commentId } = said.comment!;
  const { comment: reply } = await git.call(postCommentReply, { inReplyTo: commentId, content: "Because." }, "bob");
  await git.call(putCommentReaction, { commentId, reactionValue: ":thumbsup:" }, "bob");
  await git.call(putCommentReaction, { commentId, reactionValue: "❤️" });
  await expect(git.call(putCommentReaction, { commentId, reactionValue: ":unicorn:" })).rejects.toMatchObject({
    name: "InvalidReactionValueException",
  });
  expect((await git.call(getComment, { commentId }, "bob")).comment).toMatchObject({
    callerReactions: [":thumbsup:"],
    reactionCounts: { ":thumbsup:": 1, ":heart:": 1 },
  });
  await git.call(putCommentReaction, { commentId, reactionValue: "none" });
  expect((await git.call(getCommentReactions, { commentId })).reactionsForComment).toMatchObject([
    { reaction: { emoji: "👍", shortCode: ":thumbsup:", unicode: "U+1F44D" }, reactionUsers: [user("bob")] },
  ]);
  const own = { name: "CommentNotCreatedByCallerException" };
  await expect(git.call(updateComment, { commentId, content: "x" }, "bob")).rejects.toMatchObject(own);
  await git.call(updateComment, { commentId, content: "Why two?" });
  await git.call(deleteCommentContent, { commentId: reply!.commentId }, "bob");
  await expect(git.call(getComment, { commentId: reply!.commentId })).rejects.toMatchObject({ name: "CommentDeletedException" });
  const { commentsForComparedCommitData: places } = await git.call(getCommentsForComparedCommit, commits);
  expect(places!.map(({ comments }) => comments!.map(({ content, inReplyTo }) => [content, inReplyTo]))).toEqual([
    [
      ["Why two?", undefined],
      [undefined, commentId],
    ],
  ]);
  expect(git.told(repositoryName).flatMap(({ event, commentId: about }) => (about === undefined ? [] : [event]))).toEqual([
    "commentOnCommitCreated",
    "commentOnCommitCreated",
    "commentReactionCreated",
    "commentReactionCreated",
    "commentOnCommitUpdated",
  ]);
});

test("a repository that is deleted leaves nothing on disk", async () => {
  const shop = await git.repository("short");
  await shop.put("main", "a", "1");
  const { folder } = git.cloud;
  expect(existsSync(`${folder}/repositories/${shop.id}.git`)).toBe(true);
  await git.call(deleteRepository, { repositoryName: "short" });
  await git.until((scope) => errands.get(scope, `codecommit/removal/${shop.id}`) === undefined);
  expect(existsSync(`${folder}/repositories/${shop.id}.git`)).toBe(false);
});
