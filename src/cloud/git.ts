import type { IncomingMessage } from "node:http";
import type { Repositories } from "../compute/repository.ts";
import { type GitAccess, gitRoute } from "../dataplane/git.ts";
import { gitCredentialsOf } from "../dataplane/git-credentials.ts";
import { type Caller, rootCaller } from "../kernel/caller.ts";
import { realNow } from "../kernel/clock.ts";
import type { Drive } from "../kernel/drive.ts";
import { idOf, type Partition, partitionOf } from "../kernel/table.ts";
import { mirrorRefs, repositoryOf, repositoryTable, whyUnreadable } from "../services/codecommit/api.ts";
import { ownerOfCredential } from "../services/iam/api.ts";
import type { Route } from "../wire/backend.ts";

/** Who talks git to us. */
interface GitUser extends Pick<Caller, "arn" | "userId" | "type"> {
  readonly account: string;
  readonly sourceIp: string;
  /** The region that the credentials were signed for, where they say. */
  readonly region?: string;
}

const NAME = /^\/v1\/repos\/([^/?]+?)(?:\.git)?\//;

/**
 * CodeCommit over HTTP. A URL names no region, so a repository is looked for in the region that was signed for, else in
 * every region of the user's account. Refs are compared with their rows after each push.
 */
export function codecommitRoute(drive: Drive, repositories: Repositories): Route {
  const { kernel } = drive;
  const homes = new Map<string, Partition>();
  return gitRoute<GitUser>({
    repositories,
    authenticate: async (request) => authenticate(drive, request),
    locate(user, name) {
      const { account, region } = user;
      const home = regionsOf(drive, account, name).find((one) => region === undefined || one === region);
      if (home === undefined) return undefined;
      const partition = { account, region: home };
      const repository = repositoryOf(kernel.scope(partition), name)!;
      const { repositoryId, defaultBranch } = repository;
      homes.set(repositoryId, partition);
      return {
        repositoryId,
        ...(defaultBranch !== undefined && { defaultBranch }),
        refusal: (access, refs) =>
          refusalOf(drive, user, { access, refs }, { ...partition, name }) ?? whyUnreadable(kernel.scope(partition), repository),
      };
    },
    async onPush(repositoryId, { arn: callerArn }, moved) {
      const refs = await repositories.readRefs(repositoryId);
      kernel.commit(homes.get(repositoryId)!, (scope) => mirrorRefs(scope, repositoryId, refs, { callerArn, refs: moved }));
      await drive.durable();
    },
  });
}

/**
 * Why somebody may not pull from a repository or push to it, where trust is enforced: IAM's sentence. Each ref that a push
 * moves is judged for itself; while there are none, policies see no codecommit:References.
 * https://docs.aws.amazon.com/codecommit/latest/userguide/auth-and-access-control-permissions-reference.html#aa-git
 * https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-conditional-branch.html
 */
function refusalOf(
  { kernel }: Drive,
  user: GitUser,
  { access, refs }: { access: GitAccess; refs: readonly string[] | undefined },
  { account, region, name }: Partition & { name: string },
) {
  if (kernel.settings.trust !== "enforced") return undefined;
  const caller: Caller = { ...user, accountId: account, region, requestId: "git" };
  const action = access === "push" ? "codecommit:GitPush" : "codecommit:GitPull";
  const scope = kernel.scope({ account, region });
  const contexts = refs === undefined ? [{}] : refs.map((ref) => ({ "codecommit:References": ref }));
  const refusals = contexts.map((context) =>
    kernel.registry.authorize(scope, caller, action, `arn:aws:codecommit:${region}:${account}:${name}`, context),
  );
  return refusals.find((refusal) => refusal !== undefined);
}

/** At boot: what was pushed while the power went is told now. */
export async function compareRefs({ kernel }: Drive, repositories: Repositories): Promise<void> {
  for (const path of kernel.store.paths(repositoryTable, `${repositoryTable.name}:`)) {
    const { repositoryId } = kernel.store.get(repositoryTable, path)!;
    const refs = await repositories.readRefs(repositoryId);
    kernel.commit(partitionOf(path), (scope) => mirrorRefs(scope, repositoryId, refs));
  }
}

function authenticate(drive: Drive, request: IncomingMessage): GitUser | undefined {
  const owner = ownerOf(drive, request);
  return owner && { ...owner, sourceIp: request.socket.remoteAddress ?? "127.0.0.1" };
}

function ownerOf(drive: Drive, request: IncomingMessage): Omit<GitUser, "sourceIp"> | undefined {
  const { kernel } = drive;
  const credentials = gitCredentialsOf(request);
  const scope = kernel.scope({ account: "", region: "" });
  const open = kernel.settings.trust === "open";
  switch (credentials.type) {
    case "none":
      return undefined;
    case "password": {
      const { username, password } = credentials;
      const owner = ownerOfCredential(scope, "codecommit.amazonaws.com", username, password);
      if (owner !== undefined) return { ...owner, type: "user" };
      // A name such as IAM makes for git (ann-at-111122223333) means a certain user: a wrong password is one in any mode.
      return open && !/-at-\d{12}/.test(username) ? anybody(username) : undefined;
    }
    case "signature": {
      const { accessKeyId, sessionToken } = credentials;
      const known = kernel.registry.key(scope, accessKeyId, sessionToken);
      if (known === undefined) return open ? anybody(accessKeyId) : undefined;
      const { accountId: account, arn, userId, type, expiresAt = Number.POSITIVE_INFINITY } = known;
      if (known.sessionToken !== sessionToken || realNow() >= expiresAt) return undefined;
      const name = NAME.exec(request.url ?? "")?.[1] ?? "";
      const region = credentials.verify(known.secret, regionsOf(drive, account, decodeURIComponent(name)), realNow());
      return region === undefined ? undefined : { account, arn, userId, type, region };
    }
  }
}

/** Where trust is open, twelve digits are that account, and anything else is the account of nobody. */
const anybody = (name: string): Omit<GitUser, "sourceIp"> => {
  const { accountId: account, arn, userId, type } = rootCaller(/^\d{12}$/.test(name) ? name : "000000000000", "");
  return { account, arn, userId, type };
};

/** The regions of an account that have a repository of that name. */
function regionsOf({ kernel }: Drive, account: string, name: string): string[] {
  return kernel.store
    .paths(repositoryTable, `${repositoryTable.name}:${account}:`)
    .filter((path) => idOf(path) === name)
    .map((path) => partitionOf(path).region);
}
