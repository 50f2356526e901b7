import { passedAndRequired } from "../property.ts";
import { type MappedSource, mapped } from "./mapping.ts";

const stream = { Stream: passedAndRequired, StartingPosition: passedAndRequired };

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-kinesis.html */
export const kinesis = mapped({ type: "Kinesis", properties: stream, arn: "Stream", managedPolicy: "AWSLambdaKinesisExecutionRole" });

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-dynamodb.html */
export const dynamoDb = mapped({ type: "DynamoDB", properties: stream, arn: "Stream", managedPolicy: "AWSLambdaDynamoDBExecutionRole" });

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-sqs.html */
export const sqs: MappedSource = {
  type: "SQS",
  properties: { Queue: passedAndRequired },
  arn: "Queue",
  managedPolicy: "AWSLambdaSQSQueueExecutionRole",
};
export const queue = mapped(sqs);
