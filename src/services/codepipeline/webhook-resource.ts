import { lowerFirst, present, renamed, upperFirst } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { WebhookDefinition } from "../../sdk/codepipeline.js";
import { keepWebhook, webhooks, webhookUrl } from "./webhook.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 100;

/** Its id is its name. */
export const webhookResource: ResourceType<Properties> = {
  type: "AWS::CodePipeline::Webhook",
  absent: { RegisterWithThirdParty: [false] },
  ensure: (scope, declared, id, { generatedName, logicalId }) =>
    attempt(
      scope,
      () => {
        const name: string = id ?? declared["Name"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
        const { AuthenticationConfiguration = {}, Filters = [], TargetPipeline, TargetAction, Authentication } = declared;
        const definition = {
          name,
          targetPipeline: TargetPipeline,
          targetAction: TargetAction,
          filters: renamed(Filters, lowerFirst),
          authentication: Authentication,
          authenticationConfiguration: AuthenticationConfiguration,
        } as WebhookDefinition;
        return keepWebhook(scope, definition, undefined).id;
      },
      id,
    ),
  read(scope, id) {
    const known = webhooks.get(scope, id);
    if (known === undefined) return undefined;
    const { name, authenticationConfiguration, filters, targetPipeline, targetAction, authentication } = known.definition;
    return {
      ...present({ Name: name, TargetPipeline: targetPipeline, TargetAction: targetAction, Authentication: authentication }),
      AuthenticationConfiguration: authenticationConfiguration,
      Filters: renamed(filters, upperFirst),
      Id: id,
      Url: webhookUrl(scope, known),
    };
  },
  remove(scope, id) {
    webhooks.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => webhooks.list(scope).map(({ id }) => id),
};
