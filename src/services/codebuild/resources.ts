import { lowerFirst, present, upperFirst } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { allTags, lowerTagList } from "../../kernel/tag.ts";
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
/** A visibility of PRIVATE and a webhook of false are what is anyway. */
const ABSENT = {
  BuildBatchConfig: [],
  "Environment/DockerServer": [],
  "Environment/Fleet": [],
  "Environment/HostKernel": [],
  FileSystemLocations: [],
  ResourceAccessRole: [],
  "Triggers/BuildType": ["BUILD"],
  "Triggers/FilterGroups": [],
  "Triggers/PullRequestBuildPolicy": [],
  "Triggers/ScopeConfiguration": [],
  "Triggers/Webhook": [false],
  Visibility: ["PRIVATE"],
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html; its id is its name. */
export const projectResource: ResourceType<Properties> = {
  type: "AWS::CodeBuild::Project",
  absent: ABSENT,
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["Name"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      const known = projects.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::CodeBuild::Project", name);
      const { Name: _, Tags, Triggers, Visibility: __, ...rest } = declared;
      putProject(scope, name, { ...(toApi(rest) as object), tags: lowerTagList(allTags(tags, Tags)) } as unknown as Declaration);
      projects.patch(scope, name, { declaredTriggers: Triggers });
      return name;
    }),
  read(scope, id) {
    const project = projects.get(scope, id);
    if (project === undefined) return undefined;
    const { tags = [], ...declaration } = project.declaration;
    return present({
      Id: id,
      Name: id,
      Arn: projectArn(scope, id),
      Visibility: "PRIVATE",
      ...(fromApi(declaration) as object),
      Triggers: project.declaredTriggers,
      Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
    });
  },
  remove(scope, id) {
    projects.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => projects.list(scope).map(({ id }) => id),
};

function toApi(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => toApi(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const renamed = RENAMED[name] ?? lowerFirst(name);
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
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [back[name] ?? upperFirst(name), fromApi(member)]));
}
