import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type Progress, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, lowerTagList } from "../../kernel/tag.ts";
import { type Declaration, projectArn, projects, putProject, removeProject } from "./project.ts";
import { fromApi, toApi } from "./resource-names.ts";
import {
  failureOf,
  isServerBusy,
  isWebhookGoing,
  putWebhook,
  removeWebhook,
  type WebhookSettings,
  webhookOf,
  webhooks,
} from "./webhook.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 150;
const ABSENT = {
  "Environment/DockerServer": [],
  "Environment/HostKernel": [],
  FileSystemLocations: [],
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html; its id is its name. */
export const projectResource: ResourceType<Properties> = {
  type: "AWS::CodeBuild::Project",
  absent: ABSENT,
  ensure: (scope, declared, id, { generatedName, logicalId, tags, token }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["Name"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      const known = projects.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::CodeBuild::Project", name);
      const { Name: _, Tags, Triggers, Visibility, ResourceAccessRole, ...rest } = declared;
      putProject(scope, name, { ...(toApi(rest) as object), tags: lowerTagList(allTags(tags, Tags)) } as unknown as Declaration);
      projects.patch(scope, name, { declaredTriggers: Triggers, visibility: Visibility, resourceAccessRole: ResourceAccessRole });
      const { Webhook, ...settings } = Triggers ?? {};
      if (String(Webhook) !== "true") removeWebhook(scope, name);
      else return ensureWebhook(scope, name, toApi(settings) as WebhookSettings, token);
      return name;
    }),
  read(scope, id) {
    const project = projects.get(scope, id);
    if (project === undefined) return undefined;
    const { tags = [], ...declaration } = project.declaration;
    const webhook = webhookOf(scope, id);
    return present({
      Id: id,
      Name: id,
      Arn: projectArn(scope, id),
      Visibility: project.visibility ?? "PRIVATE",
      ResourceAccessRole: project.resourceAccessRole,
      ...(fromApi(declaration) as object),
      Triggers:
        webhook === undefined
          ? project.declaredTriggers && { ...project.declaredTriggers, Webhook: false }
          : { Webhook: true, ...(fromApi(webhook.settings) as object) },
      Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
    });
  },
  remove(scope, id) {
    removeProject(scope, id);
    return { state: "done", id };
  },
  list: (scope) => projects.list(scope).map(({ id }) => id),
};

/** The webhook of a project as its template wants it, once per change; it is there when the server has set it up. */
function ensureWebhook(scope: Scope, name: string, settings: WebhookSettings, token: string): string | Progress {
  if (isWebhookGoing(scope, name)) return { state: "busy", id: name, because: "the server of its source takes the webhook away" };
  if (webhooks.get(scope, name)?.askedBy !== token) {
    putWebhook(scope, name, settings);
    webhooks.patch(scope, name, { askedBy: token });
  }
  const webhook = webhooks.get(scope, name)!;
  const failure = failureOf(webhook);
  if (isServerBusy(scope, webhook)) return { state: "busy", id: name, because: "the server of its source sets the webhook up" };
  return failure === undefined ? name : { state: "failed", id: name, reason: failure, code: "OAuthProviderException" };
}
