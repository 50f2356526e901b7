import { once, type RawRequest } from "./generator.ts";

const ACCOUNT = "123456789012";
const REGION = "us-east-1";

/** One line of the comparison: what is prepared, and what is then sent again and again. */
export interface Line {
  readonly name: string;
  prepare?(port: number): Promise<void>;
  request(nth: number): RawRequest;
}

const signed = (service: string): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`,
  "x-amz-date": "20260101T000000Z",
});

export const query = (service: string, version: string, action: string, parameters: Record<string, string> = {}): RawRequest => ({
  method: "POST",
  path: "/",
  headers: { ...signed(service), "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
  body: String(new URLSearchParams({ Action: action, Version: version, ...parameters })),
});

const json = (service: string, target: string, version: "1.0" | "1.1", body: object): RawRequest => ({
  method: "POST",
  path: "/",
  headers: { ...signed(service), "content-type": `application/x-amz-json-${version}`, "x-amz-target": target },
  body: JSON.stringify(body),
});

/** CloudWatch in the query protocol, which both servers speak. */
function putMetricData(): RawRequest {
  const parameters: Record<string, string> = { Namespace: "Bench" };
  for (let member = 1; member <= 20; member++) {
    parameters[`MetricData.member.${member}.MetricName`] = `Metric${member}`;
    parameters[`MetricData.member.${member}.Value`] = String(member);
    parameters[`MetricData.member.${member}.Unit`] = "Count";
  }
  return query("monitoring", "2010-08-01", "PutMetricData", parameters);
}

/** A stack of so many resources that need nothing outside. */
export const stackTemplate = (resources: number): string =>
  JSON.stringify({
    Resources: Object.fromEntries(Array.from({ length: resources }, (_, index) => [`Queue${index}`, { Type: "AWS::SQS::Queue" }])),
  });

export const createStack = (name: string, resources: number): RawRequest =>
  query("cloudformation", "2010-05-15", "CreateStack", { StackName: name, TemplateBody: stackTemplate(resources) });

export const describeStack = (name: string): RawRequest => query("cloudformation", "2010-05-15", "DescribeStacks", { StackName: name });

const queueUrl = (port: number): string => `http://127.0.0.1:${port}/${ACCOUNT}/bench`;
let queuePort = 0;

export const lines: readonly Line[] = [
  { name: "STS GetCallerIdentity", request: () => query("sts", "2011-06-15", "GetCallerIdentity") },
  { name: "CloudWatch PutMetricData (20 data)", request: putMetricData },
  {
    name: "SSM PutParameter",
    request: (nth) =>
      json("ssm", "AmazonSSM.PutParameter", "1.1", { Name: `/bench/${nth % 100}`, Value: String(nth), Type: "String", Overwrite: true }),
  },
  {
    name: "SQS SendMessage + ReceiveMessage",
    async prepare(port) {
      queuePort = port;
      await once(port, json("sqs", "AmazonSQS.CreateQueue", "1.0", { QueueName: "bench" }));
    },
    request: (nth) =>
      nth % 2 === 0
        ? json("sqs", "AmazonSQS.SendMessage", "1.0", { QueueUrl: queueUrl(queuePort), MessageBody: "a message" })
        : json("sqs", "AmazonSQS.ReceiveMessage", "1.0", { QueueUrl: queueUrl(queuePort), VisibilityTimeout: 3600 }),
  },
  {
    name: "CloudFormation DescribeStacks (50 stacks)",
    async prepare(port) {
      for (let nth = 0; nth < 50; nth++) await once(port, createStack(`bench-${nth}`, 1));
    },
    request: () => query("cloudformation", "2010-05-15", "DescribeStacks"),
  },
];
