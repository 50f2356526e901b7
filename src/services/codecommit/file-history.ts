import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import { CommitDoesNotExistException, InvalidMaxResultsException, ListFileCommitHistory$ } from "../../sdk/codecommit.js";
import { objectsIn, parseCommit, requireCommit } from "./commit.ts";
import { invalidToken } from "./difference.ts";
import { Further, gitOperation } from "./errand.ts";
import { requireRepository } from "./repository.ts";
import { pathOf } from "./tree.ts";

const PAGE_SIZE = 100;

/** One version of a file, as `git log --raw` tells it. */
interface Version {
  readonly commitId: string;
  readonly blobId: string;
  readonly path: string;
}

/**
 * Every commit that changed a file, the latest first. Where it went, git tells of no blob, and there is no version; where
 * it was renamed, its versions before have another path.
 */
export const listFileCommitHistory = gitOperation(ListFileCommitHistory$, (scope, input) => {
  const repository = requireRepository(scope, input.repositoryName);
  const commit = requireCommit(scope, repository, input.commitSpecifier);
  const path = pathOf(input.filePath);
  const limit = input.maxResults ?? PAGE_SIZE;
  if (limit < 1) fault(InvalidMaxResultsException, "The specified number of maximum results is not valid.");
  return {
    repository,
    commands: [{ args: ["log", "--follow", "-z", "--raw", "--no-abbrev", "--format=commit %H", commit, "--", path] }],
    answer(_, [log]) {
      const versions = versionsIn(log!.stdout.toString("utf8"));
      const placed = versions.map((version, index) => ({ version, child: versions[index - 1], place: String(index).padStart(9, "0") }));
      const { items, nextToken } = page(placed, ({ place }) => place, limit, input.nextToken, invalidToken);
      return new Further({
        repository,
        commands: [{ args: ["cat-file", "--batch"], stdin: items.map(({ version }) => `${version.commitId}\n`).join("") }],
        answer(_, [objects]) {
          const commits = new Map(objectsIn(objects!.stdout).map(({ id, content }) => [id, parseCommit(id, content.toString("utf8"))]));
          const revisionDag = items.map(({ version: { commitId, blobId, path: versionPath }, child }) => ({
            commit: commits.get(commitId)!,
            blobId,
            path: versionPath,
            revisionChildren: child === undefined ? [] : [child.commitId],
          }));
          return { revisionDag, ...(nextToken && { nextToken }) };
        },
      });
    },
    refuse: () => fault(CommitDoesNotExistException, `Commit ${input.commitSpecifier} does not exist`),
  };
});

/** "commit <id>", a NUL, then ":mode mode id id letter" and one path, or two where it was renamed, each closed by a NUL. */
function versionsIn(log: string): Version[] {
  const versions: Version[] = [];
  let commitId = "";
  const parts = log.split("\0").map((part) => part.replace(/^\n/, ""));
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (part.startsWith("commit ")) commitId = part.slice("commit ".length);
    if (!part.startsWith(":")) continue;
    const [, , , blobId, letter] = part.split(" ");
    at += /^[RC]/.test(letter!) ? 2 : 1;
    if (letter !== "D") versions.push({ commitId, blobId: blobId!, path: parts[at]! });
  }
  return versions;
}
