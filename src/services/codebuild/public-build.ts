import { createHash } from "node:crypto";
import { logLines, logSeries } from "../../kernel/facts.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Build, builds, currentPhase, logOf, uuidOf } from "./build.ts";
import { type Project, projects } from "./project.ts";

/** What names a project to strangers: who it is, and a part that cannot be guessed. */
export function aliasOf(scope: Scope, { id, createdAt }: Project): string {
  const name = `${scope.account}:${scope.region}:${id}`;
  const proof = createHash("sha256").update(`${scope.settings.seed} ${name} ${createdAt}`).digest("base64url").slice(0, 22);
  return `${Buffer.from(name).toString("base64url")}.${proof}`;
}

/** Where anybody sees a build of a public project; undefined where the project is private. */
export function publicBuildUrl(scope: Scope, project: Project, id: Build["id"]): string | undefined {
  if (project.visibility !== "PUBLIC_READ") return undefined;
  return `${scope.settings.endpoint}/_codebuild/public/${aliasOf(scope, project)}/${id.slice(id.lastIndexOf(":") + 1)}`;
}

/** Where the badge of a project is. Another branch is asked for by another &branch=NAME. */
export const badgeUrl = (scope: Scope, project: Project): string =>
  `${scope.settings.endpoint}/_codebuild/badges?uuid=${aliasOf(scope, project)}&branch=${encodeURIComponent(project.declaration.sourceVersion ?? "main")}`;

/** The badge of a project for a branch, an SVG; undefined where there is none. https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-badges.html */
export function badge(scope: Scope, alias: string, branch: string): string | undefined {
  const found = byAlias(scope, alias);
  if (found === undefined || !found.project.declaration.badgeEnabled) return undefined;
  const [word, colour] = standing(newestOf(found.scope, found.project, branch));
  const width = 50 + word.length * 7;
  const text = (x: number, said: string): string => `<text x="${x}" y="14" text-anchor="middle">${said}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="build: ${word}"><rect width="40" height="20" fill="#555"/><rect x="40" width="${width - 40}" height="20" fill="${colour}"/><g fill="#fff" font-family="Verdana,sans-serif" font-size="11">${text(20, "build")}${text(40 + (width - 40) / 2, word)}</g></svg>`;
}

/** What strangers see of a build of a public project, as text; undefined where they see nothing. */
export function publicBuild(scope: Scope, alias: string, uuid: string): string | undefined {
  const found = byAlias(scope, alias);
  if (found?.project.visibility !== "PUBLIC_READ") return undefined;
  const own = builds.by(found.scope, "project", found.project.id);
  if (uuid === "") return own.map((build) => `${build.number} ${uuidOf(build)} ${build.status}\n`).join("");
  const build = own.find((one) => uuidOf(one) === uuid);
  if (build === undefined) return undefined;
  const log = logOf(build);
  const lines = log === undefined ? [] : logLines.peek(found.scope, logSeries(log.group, log.stream)).map(({ value }) => value.message);
  return [`${build.project} ${build.number}: ${build.status}, ${currentPhase(build)}`, ...lines, ""].join("\n");
}

function byAlias(scope: Scope, alias: string): { scope: Scope; project: Project } | undefined {
  const [account, region, name] = Buffer.from(alias.split(".")[0]!, "base64url").toString("utf8").split(":");
  if (name === undefined) return undefined;
  const there = scope.in({ account: account!, region: region! });
  const project = projects.get(there, name);
  return project !== undefined && aliasOf(there, project) === alias ? { scope: there, project } : undefined;
}

/** Builds that name no version are of the default branch, whatever it is called. */
function newestOf(scope: Scope, project: Project, branch: string): Build | undefined {
  const isOf = ({ sourceVersion = project.declaration.sourceVersion ?? branch }: Build): boolean =>
    sourceVersion.replace(/^refs\/heads\//, "") === branch;
  return builds
    .by(scope, "project", project.id)
    .filter(isOf)
    .sort((one, other) => other.number - one.number)[0];
}

function standing(build: Build | undefined): [string, string] {
  switch (build?.status) {
    case undefined:
      return ["unknown", "#9f9f9f"];
    case "IN_PROGRESS":
      return ["in progress", "#007ec6"];
    case "SUCCEEDED":
      return ["passing", "#4c1"];
    default:
      return ["failing", "#e05d44"];
  }
}
