import { lowerFirst, present, renamed, upperFirst } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { WebhookDefinition } from "../../sdk/codepipeline.js";
import { keepWebhook, refuseThirdParty, webhooks, webhookUrl } from "./webhook.ts";
import { deregister, register, registering, webhookRegistrations } from "./webhook-registration.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 100;

/** Its id is its name. */
export const webhookResource: ResourceType<Properties> = {
  type: "AWS::CodePipeline::Webhook",
  ensure: (scope, declared, id, { token, generatedName, logicalId }) =>
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
        const webhook = keepWebhook(scope, definition, undefined);
        if (String(declared["RegisterWithThirdParty"]) !== "true") {
          deregister(scope, webhook.id);
          return webhook.id;
        }
        if (!register(scope, webhook, token)) refuseThirdParty(webhook);
        const rest = registering(scope, webhook.id, token);
        return rest === undefined ? webhook.id : { state: "busy", id: webhook.id, because: rest.because };
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
      RegisterWithThirdParty: webhookRegistrations.get(scope, id)?.wish !== undefined,
    };
  },
  remove(scope, id) {
    deregister(scope, id);
    webhooks.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => webhooks.list(scope).map(({ id }) => id),
};
