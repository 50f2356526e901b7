import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});

/** Says how many guests there were. */
export const handler = async () => {
  const AttributeNames = ["ApproximateNumberOfMessages"];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: process.env.GUESTS, AttributeNames }));
  console.log(JSON.stringify({ guests: Number(Attributes.ApproximateNumberOfMessages) }));
};
