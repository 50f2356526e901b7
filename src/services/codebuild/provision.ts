import type { Scope } from "../../kernel/scope.ts";
import { readObject } from "../s3/api.ts";
import type { Build } from "./build.ts";
import { networkProblem } from "./network.ts";
import type { PhaseEnd } from "./phase.ts";
import { roleRefusal } from "./service-role.ts";

/**
 * Why a build cannot be provisioned: what its environment names has to be there by now, and its role to allow it. The machine itself
 * is always there. https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html
 */
export function provisioningProblem(scope: Scope, build: Build): PhaseEnd | undefined {
  const { vpcConfig, environment } = build.declaration;
  const failed = (statusCode: string, message: string): PhaseEnd => ({ status: "FAILED", statusCode, message });
  const needed = networkNeeds(scope);
  if (vpcConfig?.vpcId && needed.some(([action, resource]) => roleRefusal(scope, build, action, resource) !== undefined)) {
    return failed("VPC_CLIENT_ERROR", "Unexpected EC2 error: UnauthorizedOperation");
  }
  const network = networkProblem(scope, vpcConfig);
  if (network !== undefined) return failed("VPC_CLIENT_ERROR", `Unexpected EC2 error: ${network}`);
  const { registryCredential } = environment ?? {};
  if (registryCredential !== undefined && !hasSecret(scope, registryCredential.credential!)) {
    const why = "ResourceNotFoundException: Secrets Manager can't find the specified secret.";
    return failed("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", `Unable to pull customer's container image. ${why}`);
  }
  if (environment?.certificate && certificateOf(scope, build) === undefined) {
    return failed("CLIENT_ERROR", "Unable to download certificate from S3. AccessDenied");
  }
  return undefined;
}

/** The digest of the certificate by which a server of sources proves itself: an object in S3, by its ARN or BUCKET/KEY. */
export function certificateOf(scope: Scope, { declaration }: Pick<Build, "declaration">): string | undefined {
  const [bucket, ...key] = (declaration.environment?.certificate ?? "").replace(/^arn:[^:]*:s3:::/, "").split("/");
  return bucket ? readObject(scope, bucket, key.join("/"))?.digest : undefined;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface */
const networkNeeds = (scope: Scope): [action: string, resource: string][] => [
  ["ec2:CreateNetworkInterface", scope.arn("ec2", "network-interface/*")],
  ["ec2:DescribeSubnets", "*"],
  ["ec2:DescribeVpcs", "*"],
];

const hasSecret = (scope: Scope, id: string): boolean => scope.registry.reference("secretsmanager")?.resolve(scope, id).state === "value";
