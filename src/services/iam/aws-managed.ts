const ALLOW_ALL = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

const CODEDEPLOY_SERVERS = [
  ...[
    "AttachLoadBalancers",
    "AttachLoadBalancerTargetGroups",
    "CompleteLifecycleAction",
    "CreateAutoScalingGroup",
    "CreateOrUpdateTags",
    "DeleteAutoScalingGroup",
    "DeleteLifecycleHook",
    "DescribeAutoScalingGroups",
    "DescribeLifecycleHooks",
    "DescribeNotificationConfigurations",
    "DescribePolicies",
    "DescribeScalingActivities",
    "DescribeScheduledActions",
    "EnableMetricsCollection",
    "PutLifecycleHook",
    "PutNotificationConfiguration",
    "PutScalingPolicy",
    "PutScheduledUpdateGroupAction",
    "PutWarmPool",
    "RecordLifecycleActionHeartbeat",
    "ResumeProcesses",
    "SuspendProcesses",
    "UpdateAutoScalingGroup",
  ].map((name) => `autoscaling:${name}`),
  ...["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "sns:Publish", "tag:GetResources"],
  ...["ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:TerminateInstances"],
  ...[
    "DeregisterInstancesFromLoadBalancer",
    "DeregisterTargets",
    "DescribeInstanceHealth",
    "DescribeLoadBalancerAttributes",
    "DescribeLoadBalancers",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
    "RegisterInstancesWithLoadBalancer",
    "RegisterTargets",
  ].map((name) => `elasticloadbalancing:${name}`),
];

const CODEDEPLOY_ECS = [
  ...["ecs:CreateTaskSet", "ecs:DeleteTaskSet", "ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"],
  ...["DescribeListeners", "DescribeRules", "DescribeTargetGroups", "ModifyListener", "ModifyRule"].map(
    (name) => `elasticloadbalancing:${name}`,
  ),
  ...["cloudwatch:DescribeAlarms", "lambda:InvokeFunction", "s3:GetObject", "s3:GetObjectVersion", "sns:Publish"],
];

const CODEDEPLOY_LAMBDA = ["cloudwatch:DescribeAlarms", "lambda:UpdateAlias", "lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig"];

const codedeployLambda = (Action: readonly string[]) => ({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action, Resource: "*" },
    { Effect: "Allow", Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: "arn:aws:s3:::*/CodeDeploy/*" },
    { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "arn:aws:lambda:*:*:function:CodeDeployHook_*" },
  ],
});

/** The documents of those of AWS's own policies that decide something here. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ */
const DOCUMENTS: Readonly<Record<string, object>> = {
  AdministratorAccess: ALLOW_ALL,
  PowerUserAccess: {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
      { Effect: "Allow", Action: ["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"], Resource: "*" },
    ],
  },
  ReadOnlyAccess: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["*:Get*", "*:List*", "*:Describe*", "*:BatchGet*"], Resource: "*" }],
  },
  AWSLambdaBasicExecutionRole: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: LOGS, Resource: "*" }] },
  AWSCodeDeployRole: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: CODEDEPLOY_SERVERS, Resource: "*" }] },
  AWSCodeDeployRoleForECS: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: CODEDEPLOY_ECS, Resource: "*" }] },
  AWSCodeDeployRoleForLambda: codedeployLambda([...CODEDEPLOY_LAMBDA, "sns:Publish"]),
  AWSCodeDeployRoleForLambdaLimited: codedeployLambda(CODEDEPLOY_LAMBDA),
};

/** Where those are that are not at the root. */
const PATHS: Readonly<Record<string, string>> = {
  AWSCodeDeployRole: "/service-role/",
  AWSCodeDeployRoleForLambda: "/service-role/",
  AWSCodeDeployRoleForLambdaLimited: "/service-role/",
  AWSLambdaBasicExecutionRole: "/service-role/",
};

/** The ARNs of AWS's own policies that have documents here. */
export const ARNS_OF_AWS: readonly string[] = Object.keys(DOCUMENTS).map((name) => `arn:aws:iam::aws:policy${PATHS[name] ?? "/"}${name}`);

/**
 * A policy of AWS's own. Its list is AWS's and grows; one that is not known here can be attached, and allows nothing
 * where trust is enforced.
 */
export function managedByAws(arn: string): { readonly document: string; readonly shown: object } | undefined {
  if (!arn.startsWith("arn:aws:iam::aws:policy/")) return undefined;
  const name = arn.split("/").at(-1)!;
  const path = arn.slice("arn:aws:iam::aws:policy".length, -name.length);
  const document = JSON.stringify(DOCUMENTS[name] ?? { Version: "2012-10-17", Statement: [] });
  return { document, shown: { PolicyName: name, Arn: arn, Path: path, DefaultVersionId: "v1", IsAttachable: true } };
}
