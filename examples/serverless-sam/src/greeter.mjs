import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});

/** Greets whoever says a name, and remembers the guest. */
export const handler = async ({ queryStringParameters }) => {
  const name = queryStringParameters?.name ?? "stranger";
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.GUESTS, MessageBody: name }));
  return { statusCode: 200, body: `${process.env.GREETING}, ${name}!` };
};
