import type { Scope } from "../../kernel/scope.ts";
import type { Build, ResolvedSource, Source } from "./build.ts";
import { quote } from "./script.ts";
import { authorization, gitSettings, loginFor } from "./source-credential.ts";

type Clone = Extract<ResolvedSource, { url: string }>;

/** Where the job of a clone leaves what git said, and which commit it came to, relative to the workspace. */
export const GIT_ERROR_PATH = ".slipway/git-error";
export const RESOLVED_PATH = ".slipway/resolved";

/** What git is to clone from a server that is not ours. */
export function cloneOf(source: Source, version: string): Clone {
  const { location = "", gitCloneDepth = 0, gitSubmodulesConfig } = source;
  return {
    url: location,
    version: version.replace(/^refs\/(heads|tags)\/|\^\{.*\}$/g, ""),
    depth: gitCloneDepth,
    submodules: gitSubmodulesConfig?.fetchSubmodules ?? false,
  };
}

/** The settings of git for the clones of a build, or a sentence why it cannot log in. */
export function cloneEnvironment(scope: Scope, { declaration }: Build): Record<string, string> | string {
  const { source, secondarySources = [] } = declaration;
  const settings: Record<string, string> = { "credential.helper": "" };
  for (const one of [source, ...secondarySources] as Source[]) {
    if (one.location === undefined || !/^https?:/.test(one.location)) continue;
    const { origin } = new URL(one.location);
    const login = loginFor(scope, one);
    if (typeof login === "string") return login;
    if (login !== undefined) settings[`http.${origin}/.extraHeader`] = authorization(login);
    if (one.insecureSsl) settings[`http.${origin}/.sslVerify`] = "false";
  }
  return { ...gitSettings(settings), GIT_TERMINAL_PROMPT: "0" };
}

/** Clones one source into a folder of the workspace; what fails is told in git's own words. */
export function cloneScript({ url, version, depth, submodules }: Clone, path: string, isPrimary: boolean): string {
  const asked = version === "" ? "HEAD" : version;
  const fetches =
    depth > 0 || asked.startsWith("refs/")
      ? [`git fetch -q --no-tags ${depth > 0 ? `--depth=${depth} ` : ""}origin ${quote(asked)}`, "git checkout -q --force FETCH_HEAD"]
      : [
          "git fetch -q origin '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' +HEAD:refs/remotes/origin/HEAD",
          `commit=$(${[`refs/remotes/origin/${asked}`, `refs/tags/${asked}`, asked].map((name) => `git rev-parse -q --verify ${quote(`${name}^{commit}`)}`).join(" || ")} || true)`,
          '{ [ -n "$commit" ] || { echo "reference not found" >&2; false; }; }',
          'git checkout -q --force "$commit"',
        ];
  const steps = [
    `cd "$SLIPWAY_WORKSPACE"/${quote(path)}`,
    "git init -q",
    `git remote add origin ${quote(url)}`,
    ...fetches,
    ...(submodules ? ["git submodule -q update --init --recursive"] : []),
    ...(isPrimary ? [`git rev-parse HEAD > "$SLIPWAY_WORKSPACE"/${RESOLVED_PATH}`] : []),
  ];
  return [
    `mkdir -p "$SLIPWAY_WORKSPACE"/${quote(path)} "$SLIPWAY_WORKSPACE/.slipway"`,
    `( ${steps.join(" &&\n")} ) 2> "$SLIPWAY_WORKSPACE"/${GIT_ERROR_PATH} || exit 1`,
  ].join("\n");
}

/**
 * The version of a source, where it is the pull request pr/NUMBER: a ref that the server keeps for it, or the branch that it comes
 * from, as the webhook has said.
 */
export function versionAsked({ type }: Source, version = "", headRef: string | undefined, isMirrored: boolean): string {
  const number = /^pr\/(\d+)$/.exec(version)?.[1];
  if (number === undefined) return version;
  if (isMirrored || type === "BITBUCKET") return headRef ?? version;
  return type!.startsWith("GITLAB") ? `refs/merge-requests/${number}/head` : `refs/pull/${number}/head`;
}
