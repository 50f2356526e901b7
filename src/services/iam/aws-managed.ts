const ALLOW_ALL = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

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
  AWSCodeDeployRoleForLambda: {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: [
          "cloudwatch:DescribeAlarms",
          "lambda:UpdateAlias",
          "lambda:GetAlias",
          "lambda:GetProvisionedConcurrencyConfig",
          "sns:Publish",
        ],
        Resource: "*",
      },
      { Effect: "Allow", Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: "arn:aws:s3:::*/CodeDeploy/*" },
      { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "arn:aws:lambda:*:*:function:CodeDeployHook_*" },
    ],
  },
};

/** Where those are that are not at the root. */
const PATHS: Readonly<Record<string, string>> = {
  AWSCodeDeployRoleForLambda: "/service-role/",
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
