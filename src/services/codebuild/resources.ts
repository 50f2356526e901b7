import { isFault } from "../../kernel/fault.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import { tagsOf } from "../../kernel/tag.ts";
import { type Declaration, projectArn, projects, putProject } from "./project.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 150;
/** Properties that have another name in the API than the same with a small letter. */
const RENAMED: Readonly<Record<string, string>> = {
  BuildSpec: "buildspec",
  S3Logs: "s3Logs",
  ResourceAccessRole: "resourceAccessRole",
};
const NUMBERS = ["timeoutInMinutes", "queuedTimeoutInMinutes", "concurrentBuildLimit", "autoRetryLimit", "gitCloneDepth"];
const BOOLEANS = [
  "privilegedMode",
  "badgeEnabled",
  "encryptionDisabled",
  "overrideArtifactName",
  "insecureSsl",
  "reportBuildStatus",
  "fetchSubmodules",
];
const ABSENT = ["Triggers", "FileSystemLocations", "BuildBatchConfig", "ResourceAccessRole", "Visibility"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html; its id is its name. */
export const projectResource: ResourceType<Properties> = {
  type: "AWS::CodeBuild::Project",
  ensure(scope, declared, id, { generatedName, tags }) {
    const absent = ABSENT.find((name) => isAsked(declared[name]));
    if (absent !== undefined) return { state: "failed", reason: `The property ${absent} is not implemented by Slipway.` };
    const name: string = id ?? declared["Name"] ?? generatedName.slice(-NAME_MAX);
    const { Name: _, Tags, ...rest } = declared;
    const allTags = { ...tagsOf(tags), ...tagsOf(Tags) };
    const declaration = {
      ...(toApi(rest) as object),
      tags: Object.entries(allTags).map(([key, value]) => ({ key, value })),
    } as unknown as Declaration;
    try {
      putProject(scope, name, declaration);
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message };
    }
    return { state: "done", id: name };
  },
  read(scope, id) {
    const project = projects.get(scope, id);
    if (project === undefined) return undefined;
    const { tags = [], ...declaration } = project.declaration;
    const Tags = tags.map(({ key, value }) => ({ Key: key, Value: value }));
    return { Name: id, ...(fromApi(declaration) as object), ...(Tags.length > 0 && { Tags }) };
  },
  remove(scope, id) {
    projects.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: projectArn(scope, id) }),
};

/** A visibility of PRIVATE and a webhook of false are what is anyway. */
function isAsked(value: unknown): boolean {
  if (value === undefined || value === "PRIVATE") return false;
  if (typeof value === "object" && value !== null && "Webhook" in value) return String(value.Webhook) === "true";
  return !Array.isArray(value) || value.length > 0;
}

function toApi(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => toApi(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const renamed = RENAMED[name] ?? name[0]!.toLowerCase() + name.slice(1);
        return [renamed, toApi(member, renamed)];
      }),
    );
  }
  if (NUMBERS.includes(key)) return Number(value);
  if (BOOLEANS.includes(key)) return String(value) === "true";
  return value;
}

function fromApi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromApi);
  if (typeof value !== "object" || value === null) return value;
  const back = Object.fromEntries(Object.entries(RENAMED).map(([property, member]) => [member, property]));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [back[name] ?? name[0]!.toUpperCase() + name.slice(1), fromApi(member)]),
  );
}
