/** What a server of sources tells: one shape for all of them. */
export interface SourceEvent {
  /** As CodeBuild calls it, such as PUSH or PULL_REQUEST_CREATED. */
  readonly event: string;
  readonly actorId: string;
  /** Such as refs/heads/main. */
  readonly headRef: string;
  readonly baseRef: string;
  readonly previousCommit: string;
  readonly mergeCommit: string;
  readonly sourceVersion: string;
  /** branch/NAME, tag/NAME or pr/NUMBER. */
  readonly trigger: string;
  /** What the server does not tell is undefined; no filter matches it. */
  readonly commitMessage?: string | undefined;
  readonly filePaths?: readonly string[];
  readonly tagName?: string;
  readonly releaseName?: string;
  readonly repositoryName?: string;
  readonly organizationName?: string;
  /** Where git clones the repository from. */
  readonly repositoryUrl?: string;
  readonly pullRequest?: PullRequest;
}

/** What else is told of a pull request; people are named as the server asks for their roles. */
export interface PullRequest {
  readonly number: number;
  readonly contributor: string;
  readonly commit: string;
  readonly isFork: boolean;
}

/** Somebody has written below a pull request: /codebuild_run(COMMIT) approves of that commit. */
export interface Approval {
  readonly number: number;
  readonly commit: string;
  readonly commenter: string;
}

export type Headers = Readonly<Record<string, string | undefined>>;
type Payload = any;

const NOTHING = { baseRef: "", previousCommit: "", mergeCommit: "" };
const NO_COMMIT = /^0*$/;

/** What has happened; undefined where it is nothing that CodeBuild builds for. */
export function readEvent(sourceType: string, headers: Headers, payload: Payload): SourceEvent | undefined {
  if (sourceType.startsWith("GITHUB")) return fromGitHub(headers["x-github-event"] ?? "", payload);
  if (sourceType === "BITBUCKET") return fromBitbucket(headers["x-event-key"] ?? "", payload);
  return fromGitLab(headers["x-gitlab-event"] ?? "", payload);
}

/** Who has approved of what; undefined where that is not what was said. */
export function readApproval(sourceType: string, headers: Headers, body: Payload): Approval | undefined {
  const said = commentIn(sourceType, headers, body);
  const [, commit] = /^\/codebuild_run\(([0-9a-f]{7,40})\)\s*$/.exec(said?.text ?? "") ?? [];
  return said === undefined || commit === undefined ? undefined : { number: said.number, commenter: said.commenter, commit };
}

function commentIn(sourceType: string, headers: Headers, body: Payload): { text: string; number: number; commenter: string } | undefined {
  if (sourceType.startsWith("GITHUB")) {
    const isNew = headers["x-github-event"] === "issue_comment" && body.action === "created" && body.issue?.pull_request;
    return isNew ? { text: body.comment.body, number: body.issue.number, commenter: body.comment.user?.login ?? "" } : undefined;
  }
  if (sourceType === "BITBUCKET") {
    if (headers["x-event-key"] !== "pullrequest:comment_created") return undefined;
    return { text: body.comment?.content?.raw ?? "", number: body.pullrequest.id, commenter: body.actor?.account_id ?? "" };
  }
  if (headers["x-gitlab-event"] !== "Note Hook" || body.merge_request === undefined) return undefined;
  return { text: body.object_attributes.note, number: body.merge_request.iid, commenter: String(body.object_attributes.author_id) };
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads */
function fromGitHub(kind: string, body: Payload): SourceEvent | undefined {
  const common = {
    ...NOTHING,
    actorId: String(body.sender?.id ?? ""),
    repositoryName: body.repository?.name,
    organizationName: body.organization?.login ?? body.repository?.owner?.login,
    repositoryUrl: body.repository?.clone_url,
  };
  switch (kind) {
    case "push":
      return pushed(common, {
        ref: body.ref,
        before: body.before,
        after: body.after,
        commits: body.commits,
        message: body.head_commit?.message,
      });
    case "pull_request": {
      const { action, number, pull_request: request } = body;
      const merged = request.merged ? "PULL_REQUEST_MERGED" : "PULL_REQUEST_CLOSED";
      const event = {
        opened: "PULL_REQUEST_CREATED",
        synchronize: "PULL_REQUEST_UPDATED",
        reopened: "PULL_REQUEST_REOPENED",
        closed: merged,
      }[action as string];
      return event === undefined
        ? undefined
        : {
            ...requested(common, { event, number, head: request.head.ref, base: request.base.ref, merge: request.merge_commit_sha }),
            pullRequest: {
              number,
              contributor: request.user?.login ?? "",
              commit: request.head.sha ?? "",
              isFork: request.head.repo?.full_name !== request.base.repo?.full_name,
            },
          };
    }
    case "release": {
      const event = { released: "RELEASED", prereleased: "PRERELEASED" }[body.action as string];
      const tag = body.release?.tag_name;
      return event === undefined
        ? undefined
        : { ...common, ...tagged(tag), event, sourceVersion: tag, releaseName: body.release.name ?? "" };
    }
    default:
      return undefined;
  }
}

/** https://docs.gitlab.com/user/project/integrations/webhook_events/ */
function fromGitLab(kind: string, body: Payload): SourceEvent | undefined {
  const path: string = body.project?.path_with_namespace ?? "";
  const common = {
    ...NOTHING,
    actorId: String(body.user_id ?? body.user?.id ?? ""),
    repositoryName: path.split("/").at(-1)!,
    organizationName: path.split("/").slice(0, -1).join("/"),
    repositoryUrl: body.project?.git_http_url,
  };
  switch (kind) {
    case "Push Hook":
    case "Tag Push Hook":
      return pushed(common, { ...body, message: body.commits?.at(-1)?.message });
    case "Merge Request Hook": {
      const { action, iid, source_branch: head, target_branch: base, last_commit: last, merge_commit_sha: merge } = body.object_attributes;
      const { author_id: author, source_project_id: from, target_project_id: into } = body.object_attributes;
      const event = {
        open: "PULL_REQUEST_CREATED",
        update: "PULL_REQUEST_UPDATED",
        reopen: "PULL_REQUEST_REOPENED",
        merge: "PULL_REQUEST_MERGED",
        close: "PULL_REQUEST_CLOSED",
      }[action as string];
      return event === undefined
        ? undefined
        : {
            ...requested(common, { event, number: iid, head, base, merge }),
            commitMessage: last?.message,
            pullRequest: { number: iid, contributor: String(author ?? ""), commit: last?.id ?? "", isFork: from !== into },
          };
    }
    case "Release Hook":
      return body.action === "create"
        ? { ...common, ...tagged(body.tag), event: "RELEASED", sourceVersion: body.tag, releaseName: body.name ?? "" }
        : undefined;
    default:
      return undefined;
  }
}

/** https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ */
function fromBitbucket(kind: string, body: Payload): SourceEvent | undefined {
  const common = {
    ...NOTHING,
    actorId: String(body.actor?.account_id ?? body.actor?.uuid ?? ""),
    repositoryName: body.repository?.name,
    organizationName: body.repository?.workspace?.slug,
  };
  if (kind === "repo:push") {
    const change = body.push?.changes?.find((one: Payload) => one.new);
    if (change === undefined) return undefined;
    const { new: now, old } = change;
    const ref = `refs/${now.type === "tag" ? "tags" : "heads"}/${now.name}`;
    return pushed(common, { ref, before: old?.target?.hash, after: now.target?.hash, message: now.target?.message });
  }
  const event = {
    "pullrequest:created": "PULL_REQUEST_CREATED",
    "pullrequest:updated": "PULL_REQUEST_UPDATED",
    "pullrequest:fulfilled": "PULL_REQUEST_MERGED",
    "pullrequest:rejected": "PULL_REQUEST_CLOSED",
  }[kind];
  const { id, source, destination, merge_commit: merge, author } = body.pullrequest ?? {};
  return event === undefined
    ? undefined
    : {
        ...requested(common, { event, number: id, head: source.branch.name, base: destination.branch.name, merge: merge?.hash }),
        pullRequest: {
          number: id,
          contributor: author?.account_id ?? "",
          commit: source.commit?.hash ?? "",
          isFork: source.repository?.full_name !== destination.repository?.full_name,
        },
      };
}

type Common = typeof NOTHING & Pick<SourceEvent, "actorId"> & Partial<SourceEvent>;

function pushed(
  common: Common,
  {
    ref,
    before = "",
    after = "",
    commits,
    message,
  }: { ref: string; before?: string; after?: string; commits?: readonly Payload[]; message?: string },
): SourceEvent | undefined {
  if (NO_COMMIT.test(after)) return undefined;
  const name = ref.replace(/^refs\/(heads|tags)\//, "");
  const isTag = ref.startsWith("refs/tags/");
  return {
    ...common,
    event: "PUSH",
    headRef: ref,
    previousCommit: NO_COMMIT.test(before) ? "" : before,
    sourceVersion: after,
    trigger: `${isTag ? "tag" : "branch"}/${name}`,
    commitMessage: message,
    ...(commits && { filePaths: commits.flatMap(({ added = [], modified = [], removed = [] }) => [...added, ...modified, ...removed]) }),
    ...(isTag && { tagName: name }),
  };
}

interface Requested {
  readonly event: string;
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly merge?: string | null;
}

const requested = (common: Common, { event, number, head, base, merge }: Requested): SourceEvent => ({
  ...common,
  event,
  headRef: `refs/heads/${head}`,
  baseRef: `refs/heads/${base}`,
  mergeCommit: event === "PULL_REQUEST_MERGED" ? (merge ?? "") : "",
  sourceVersion: `pr/${number}`,
  trigger: `pr/${number}`,
});

const tagged = (tag: string) => ({ headRef: `refs/tags/${tag}`, tagName: tag, trigger: `tag/${tag}` });
