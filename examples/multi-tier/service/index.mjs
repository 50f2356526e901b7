import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});

/** Takes an order that says what and how many. */
export const handler = async ({ body = "{}" }) => {
  const { item, count = 1 } = JSON.parse(body);
  if (typeof item !== "string") return { statusCode: 400, body: "What would you like?" };
  const order = JSON.stringify({ item, count });
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: order }));
  return { statusCode: 202, body: order };
};
