export type { ActionTypeDeclaration } from "../../sdk/codepipeline.js";
export { putPartnerType } from "./action-type.ts";
export { noticePullRequest, type PullRequest } from "./trigger.ts";
export { takeWebhook, type WebhookAnswer, type WebhookRequest } from "./webhook-delivery.ts";
