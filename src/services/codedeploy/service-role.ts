import type { Scope } from "../../kernel/scope.ts";
import type { Deployment, Ending } from "./deployment.ts";

/** What the service role has to allow for a deployment, and what CodeDeploy calls the service that refuses. */
type Need = readonly [action: string, resource: string, service: string];

/**
 * Where IAM is enforced, a deployment whose role may not do what it takes fails before it changes anything.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html
 */
export function roleRefusal(scope: Scope, deployment: Deployment, roleArn: string): Ending | undefined {
  const name = roleArn.split("/").at(-1)!;
  const arn = `arn:aws:sts::${scope.account}:assumed-role/${name}/codedeploy`;
  const role = scope.as({ ...scope.caller, arn, type: "assumed-role" });
  const refused = needsOf(scope, deployment).find(([action, resource]) => role.refusal(action, resource) !== undefined);
  if (refused === undefined) return undefined;
  const message = `The IAM role ${roleArn} does not give you permission to perform operations in the following AWS service: ${refused[2]}. Contact your AWS administrator if you need help. If you are an AWS administrator, you can grant permissions to your users or groups by creating IAM policies.`;
  return { status: "Failed", code: "IAM_ROLE_PERMISSIONS", message };
}

function needsOf(scope: Scope, { lambda, server, ecs }: Deployment): Need[] {
  if (lambda !== undefined) {
    const { functionName, hooks } = lambda.spec;
    const arnOf = (said: string): string => (said.startsWith("arn:") ? said : scope.arn("lambda", `function:${said}`));
    return [
      ["lambda:UpdateAlias", arnOf(functionName), "AWSLambda"],
      ...Object.values(hooks).map((hook): Need => ["lambda:InvokeFunction", arnOf(hook!), "AWSLambda"]),
    ];
  }
  if (ecs !== undefined) return [["ecs:CreateTaskSet", "*", "AmazonECS"]];
  return [
    ["ec2:DescribeInstances", "*", "AmazonEC2"],
    ...(server!.targetGroups.length > 0 ? [["elasticloadbalancing:DeregisterTargets", "*", "AmazonElasticLoadBalancing"] as const] : []),
    ...(server!.blueGreen?.greenFleetProvisioningOption?.action === "COPY_AUTO_SCALING_GROUP"
      ? [["autoscaling:CreateAutoScalingGroup", "*", "AmazonAutoScaling"] as const]
      : []),
  ];
}
