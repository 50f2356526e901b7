export { putPartnerType } from "./action-type.ts";
export { takeWebhook, type WebhookAnswer, type WebhookRequest } from "./webhook-delivery.ts";
