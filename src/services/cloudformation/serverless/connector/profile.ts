/** How the permission of a connector is given. */
export type Profile =
  | {
      /** A managed policy at the role of one of the two. */
      readonly kind: "role";
      readonly of: "source" | "destination";
      readonly access: Access;
      /** Only these sets of permissions are good for anything. */
      readonly combinations?: readonly (readonly string[])[];
      /** What must wait for the policy. */
      readonly dependedBy?: "source" | "event source mapping";
    }
  /** A policy of the queue or the topic that a service sends to. */
  | { readonly kind: "queue policy" | "topic policy"; readonly service: string }
  /** A permission of the function that a service invokes. */
  | { readonly kind: "function permission"; readonly service: string; readonly sourceArn: string; readonly sourceAccount?: string };

/** The statements of each permission, in the notation of `statement.ts`; `{Destination.Arn}` is what it says. */
type Access = Readonly<Record<string, readonly string[]>>;

const role = (access: Access, more: Partial<Profile & { kind: "role" }> = {}): Profile => ({ kind: "role", of: "source", access, ...more });
const queuePolicy = (service: string): Profile => ({ kind: "queue policy", service });
const topicPolicy = (service: string): Profile => ({ kind: "topic policy", service });
const permission = (service: string, sourceArn = "{Source.Arn}", rest: { sourceAccount?: string } = {}): Profile => ({
  kind: "function permission",
  service,
  sourceArn,
  ...rest,
});

const PUT_EVENTS: Access = { Write: ["events:PutEvents on {Destination.Arn}"] };
const INVOKE: Access = { Write: ["lambda:InvokeAsync InvokeFunction on {Destination.Arn}"] };
const PUBLISH: Access = { Write: ["sns:Publish on {Destination.Arn}"] };
const OBJECTS: Access = {
  Read: [
    "s3:GetObject GetObjectAcl GetObjectLegalHold GetObjectRetention GetObjectTorrent GetObjectVersion GetObjectVersionAcl " +
      "GetObjectVersionForReplication GetObjectVersionTorrent ListBucket ListBucketMultipartUploads ListBucketVersions " +
      "ListMultipartUploadParts on {Destination.Arn}, {Destination.Arn}/*",
  ],
  Write: [
    "s3:AbortMultipartUpload DeleteObject DeleteObjectVersion PutObject PutObjectLegalHold PutObjectRetention RestoreObject " +
      "on {Destination.Arn}, {Destination.Arn}/*",
  ],
};
const ITEMS: Access = {
  Read: ["dynamodb:GetItem Query Scan BatchGetItem ConditionCheckItem PartiQLSelect on {Destination.Arn}, {Destination.Arn}/index/*"],
  Write: [
    "dynamodb:PutItem UpdateItem DeleteItem BatchWriteItem PartiQLDelete PartiQLInsert PartiQLUpdate " +
      "on {Destination.Arn}, {Destination.Arn}/index/*",
  ],
};
const EXECUTIONS = "states:execution:{Destination.Name}:*";
const RULE_OF_STATES = "events:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule";
const OF_API = "execute-api:{Source.ResourceId}/{Source.Qualifier}";

/**
 * From what to what a connector may lead.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html
 */
const PROFILES: Readonly<Record<string, Readonly<Record<string, Profile>>>> = {
  "AWS::ApiGateway::RestApi": { "AWS::Lambda::Function": permission("apigateway", OF_API) },
  "AWS::ApiGatewayV2::Api": { "AWS::Lambda::Function": permission("apigateway", OF_API) },
  "AWS::AppSync::DataSource": {
    "AWS::DynamoDB::Table": role(ITEMS),
    "AWS::Events::EventBus": role(PUT_EVENTS),
    "AWS::Lambda::Function": role({ Write: ["lambda:InvokeAsync InvokeFunction on {Destination.Arn}, {Destination.Arn}:*"] }),
  },
  "AWS::AppSync::GraphQLApi": { "AWS::Lambda::Function": permission("appsync", "appsync:apis/{Source.ResourceId}") },
  "AWS::DynamoDB::Table": {
    "AWS::Lambda::Function": role(
      { Read: ["dynamodb:DescribeStream GetRecords GetShardIterator ListStreams on {Source.Arn}/stream/*"] },
      { of: "destination", dependedBy: "event source mapping" },
    ),
  },
  "AWS::Events::Rule": {
    "AWS::Events::EventBus": role(PUT_EVENTS),
    "AWS::Lambda::Function": permission("events"),
    "AWS::SNS::Topic": topicPolicy("events"),
    "AWS::SQS::Queue": queuePolicy("events"),
    "AWS::StepFunctions::StateMachine": role({ Write: ["states:StartExecution on {Destination.Arn}"] }),
  },
  "AWS::Lambda::Function": {
    "AWS::DynamoDB::Table": role(ITEMS),
    "AWS::Events::EventBus": role(PUT_EVENTS),
    "AWS::Lambda::Function": role(INVOKE),
    "AWS::Location::PlaceIndex": role({
      Read: [
        "geo:DescribePlaceIndex GetPlace SearchPlaceIndexForPosition SearchPlaceIndexForSuggestions SearchPlaceIndexForText " +
          "on {Destination.Arn}",
      ],
    }),
    "AWS::S3::Bucket": role(OBJECTS),
    "AWS::SNS::Topic": role(PUBLISH),
    "AWS::SQS::Queue": role({
      Read: ["sqs:ReceiveMessage GetQueueAttributes on {Destination.Arn}"],
      Write: ["sqs:DeleteMessage SendMessage ChangeMessageVisibility PurgeQueue on {Destination.Arn}"],
    }),
    "AWS::StepFunctions::StateMachine": role({
      Write: ["states:StartExecution StartSyncExecution on {Destination.Arn}", `states:StopExecution on ${EXECUTIONS}`],
      Read: [
        "states:DescribeStateMachine ListExecutions on {Destination.Arn}",
        `states:DescribeExecution DescribeStateMachineForExecution GetExecutionHistory on ${EXECUTIONS}`,
      ],
    }),
  },
  "AWS::S3::Bucket": { "AWS::Lambda::Function": permission("s3", "{Source.Arn}", { sourceAccount: "${AWS::AccountId}" }) },
  "AWS::SNS::Topic": { "AWS::Lambda::Function": permission("sns"), "AWS::SQS::Queue": queuePolicy("sns") },
  "AWS::SQS::Queue": {
    "AWS::Lambda::Function": role(
      { Write: ["sqs:DeleteMessage on {Source.Arn}"], Read: ["sqs:ReceiveMessage GetQueueAttributes on {Source.Arn}"] },
      { of: "destination", dependedBy: "event source mapping", combinations: [["Read", "Write"]] },
    ),
  },
  "AWS::StepFunctions::StateMachine": {
    "AWS::DynamoDB::Table": role(ITEMS),
    "AWS::Events::EventBus": role(PUT_EVENTS),
    "AWS::Lambda::Function": role(INVOKE),
    "AWS::S3::Bucket": role(OBJECTS),
    "AWS::SNS::Topic": role(PUBLISH),
    // https://docs.aws.amazon.com/step-functions/latest/dg/sqs-iam.html
    "AWS::SQS::Queue": role({ Write: ["sqs:SendMessage on {Destination.Arn}"] }),
    // Waiting for an execution is by a rule of EventBridge. https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html
    "AWS::StepFunctions::StateMachine": role(
      {
        Read: [`states:DescribeExecution on ${EXECUTIONS}`, `events:DescribeRule on ${RULE_OF_STATES}`],
        Write: [
          "states:StartExecution on {Destination.Arn}",
          `states:StopExecution on ${EXECUTIONS}`,
          `events:PutTargets PutRule on ${RULE_OF_STATES}`,
        ],
      },
      { dependedBy: "source", combinations: [["Read"], ["Read", "Write"]] },
    ),
  },
};

export const profileOf = (source: string, destination: string): Profile | undefined => {
  const ofSource = Object.hasOwn(PROFILES, source) ? PROFILES[source]! : {};
  return Object.hasOwn(ofSource, destination) ? ofSource[destination] : undefined;
};

/** The permissions that a profile knows. Where a service is let in, it may only write. */
export const permissionsOf = (profile: Profile): string[] => (profile.kind === "role" ? Object.keys(profile.access) : ["Write"]);
