import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand, ListDashboardsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CodeBuildClient, ListProjectsCommand } from "@aws-sdk/client-codebuild";
import { CodeCommitClient, ListRepositoriesCommand } from "@aws-sdk/client-codecommit";
import { CodeDeployClient, ListApplicationsCommand, ListDeploymentConfigsCommand } from "@aws-sdk/client-codedeploy";
import { CodePipelineClient, ListPipelinesCommand } from "@aws-sdk/client-codepipeline";
import { DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { IAMClient, ListInstanceProfilesCommand, ListPoliciesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient, ListAliasesCommand, ListKeysCommand } from "@aws-sdk/client-kms";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListSubscriptionsCommand, ListTopicsCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";

/** A client that talks to one account. */
export type Make = <C>(client: new (config: object) => C) => C;

interface Client {
  send(command: object): Promise<any>;
}

/** A client, a command that lists, and the names in its answer. */
type List = readonly [client: new (config: object) => any, command: object, names: (answer: any) => readonly string[]];

const named =
  (list: string, name: string) =>
  (answer: any): string[] =>
    (answer[list] ?? []).map((one: any) => one[name]);

const LISTS: readonly List[] = [
  [S3Client, new ListBucketsCommand({}), named("Buckets", "Name")],
  [IAMClient, new ListRolesCommand({}), named("Roles", "Arn")],
  [IAMClient, new ListPoliciesCommand({ Scope: "Local" }), named("Policies", "Arn")],
  [IAMClient, new ListInstanceProfilesCommand({}), named("InstanceProfiles", "Arn")],
  // What AWS makes for itself does not count.
  [KMSClient, new ListAliasesCommand({}), (answer) => named("Aliases", "AliasArn")(answer).filter((arn) => !arn.includes(":alias/aws/"))],
  [LambdaClient, new ListFunctionsCommand({}), named("Functions", "FunctionArn")],
  [CloudWatchLogsClient, new DescribeLogGroupsCommand({}), named("logGroups", "arn")],
  [SQSClient, new ListQueuesCommand({}), ({ QueueUrls = [] }) => QueueUrls],
  [SNSClient, new ListTopicsCommand({}), named("Topics", "TopicArn")],
  [SNSClient, new ListSubscriptionsCommand({}), named("Subscriptions", "SubscriptionArn")],
  [SSMClient, new DescribeParametersCommand({}), named("Parameters", "Name")],
  [SecretsManagerClient, new ListSecretsCommand({ IncludePlannedDeletion: true }), named("SecretList", "ARN")],
  [CloudWatchClient, new DescribeAlarmsCommand({ AlarmTypes: ["MetricAlarm"] }), named("MetricAlarms", "AlarmArn")],
  [CloudWatchClient, new DescribeAlarmsCommand({ AlarmTypes: ["CompositeAlarm"] }), named("CompositeAlarms", "AlarmArn")],
  [CloudWatchClient, new ListDashboardsCommand({}), named("DashboardEntries", "DashboardArn")],
  [EventBridgeClient, new ListRulesCommand({}), named("Rules", "Arn")],
  [CodeCommitClient, new ListRepositoriesCommand({}), named("repositories", "repositoryName")],
  [CodeBuildClient, new ListProjectsCommand({}), ({ projects = [] }) => projects],
  [CodeDeployClient, new ListApplicationsCommand({}), ({ applications = [] }) => applications],
  [
    CodeDeployClient,
    new ListDeploymentConfigsCommand({}),
    ({ deploymentConfigsList: names }) => names.filter((name: string) => !name.includes("Default.")),
  ],
  [CodePipelineClient, new ListPipelinesCommand({}), named("pipelines", "name")],
  [ECRClient, new DescribeRepositoriesCommand({}), named("repositories", "repositoryArn")],
  [CloudFormationClient, new DescribeStacksCommand({}), named("Stacks", "StackId")],
];

/** The names of what an account has, in every list that there is. */
export async function listAccount(make: Make): Promise<string[]> {
  const lists = LISTS.map(async ([client, command, names]) => names(await (make(client) as Client).send(command)));
  return (await Promise.all([...lists, keys(make(KMSClient))])).flat();
}

/** Keys wait for a week before they go. */
async function keys(kms: KMSClient): Promise<string[]> {
  const { Keys = [] } = await kms.send(new ListKeysCommand({}));
  const described = await Promise.all(Keys.map(({ KeyId }) => kms.send(new DescribeKeyCommand({ KeyId: KeyId! }))));
  const left = described.filter(({ KeyMetadata: key }) => key!.KeyManager === "CUSTOMER" && key!.KeyState !== "PendingDeletion");
  return left.map(({ KeyMetadata }) => KeyMetadata!.Arn!);
}
