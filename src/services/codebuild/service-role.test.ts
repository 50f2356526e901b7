import { expect, test } from "vitest";
import { logLines, logSeries } from "../../kernel/facts.ts";
import { defaultId } from "../ec2/default-network.ts";
import { iam } from "../iam/index.ts";
import { putObject } from "../s3/api.ts";
import { createSecret } from "../secrets-manager/secret.ts";
import { putParameter } from "../ssm/parameter.ts";
import { createShop, get, start, world } from "./codebuild.fixture.ts";
import { updateProject } from "./project.ts";

// Where IAM decides, a build may do what its service role may, and fails as on AWS where that is not enough.

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\nartifacts: { files: '**/*' }\n";
const HERE = { account: "111122223333", region: "eu-west-1" };
const vpcId = defaultId(HERE, "vpc");
const vpcConfig = {
  vpcId,
  subnets: [defaultId(HERE, "subnet", "eu-west-1a")],
  securityGroupIds: [defaultId(HERE, "sg", vpcId)],
};
const putRolePolicy = iam.operations.find(({ name }) => name === "PutRolePolicy")!;

test("the service role has to allow what a build does", async () => {
  const cloud = world({ trust: "enforced" });
  const artifacts = { type: "S3", location: "things", name: "out.zip", packaging: "ZIP" };
  const environmentVariables = [
    { name: "TOKEN", value: "/shop/token", type: "PARAMETER_STORE" },
    { name: "KEY", value: "shop:key", type: "SECRETS_MANAGER" },
  ];
  const environment = { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" };
  const source = { type: "S3", location: "things/app.zip", buildspec: BUILDSPEC };
  await createShop(cloud, BUILDSPEC, { artifacts, source, environment: { ...environment, environmentVariables } });
  cloud.change((scope) => putObject(scope, "things", "app.zip", scope.blobs.write(Buffer.from("zip"))));
  await cloud.call(putParameter, { Name: "/shop/token", Value: "t", Type: "String" });
  await cloud.call(createSecret, { Name: "shop", SecretString: '{"key":"k"}' });
  const allowed: object[] = [];
  const allow = (Resource: string, ...Action: string[]) => {
    allowed.push({ Effect: "Allow", Action, Resource });
    return cloud.call(putRolePolicy, { RoleName: "build", PolicyName: "all", PolicyDocument: JSON.stringify({ Statement: allowed }) });
  };
  const failure = async () => {
    const id = await start(cloud);
    await cloud.advance("30s");
    const { phases, buildStatus } = await get(cloud, id);
    const failed = phases!.find(({ phaseStatus }) => phaseStatus === "FAILED");
    const { statusCode, message } = failed?.contexts?.[0] ?? {};
    const user = `User: arn:aws:sts::111122223333:assumed-role/build/AWSCodeBuild-${id.slice(5)} is not authorized to perform: `;
    return { id, said: failed === undefined ? buildStatus : `${failed.phaseType} ${statusCode}: ${message?.replace(user, "...")}` };
  };

  const first = await failure();
  const stream = `log-group:/aws/codebuild/shop:log-stream:${first.id.slice(5)}`;
  expect(first.said).toBe(
    `QUEUED ACCESS_DENIED: Service role arn:aws:iam::111122223333:role/build does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build arn:aws:codebuild:eu-west-1:111122223333:build/${first.id}. Error message: ...logs:CreateLogStream on resource: arn:aws:logs:eu-west-1:111122223333:${stream} because no identity-based policy allows the logs:CreateLogStream action`,
  );
  expect([...logLines.peek(cloud.scope(), logSeries("/aws/codebuild/shop", first.id.slice(5)))]).toEqual([]);
  await allow("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/codebuild/shop:*", "logs:CreateLogStream");
  const why = (action: string, resource: string) =>
    `...${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  expect((await failure()).said).toBe(
    `DOWNLOAD_SOURCE CLIENT_ERROR: AccessDenied: ${why("s3:GetObject", "arn:aws:s3:::things/app.zip")} status code: 403 for primary source`,
  );
  await allow("arn:aws:s3:::things/app.zip", "s3:GetObject");
  const parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/token";
  expect((await failure()).said).toBe(
    `DOWNLOAD_SOURCE Decrypted Variables Error: AccessDeniedException: ${why("ssm:GetParameters", parameter)}`,
  );
  await allow(parameter, "ssm:GetParameters");
  expect((await failure()).said).toMatch(/^DOWNLOAD_SOURCE Secrets Manager Error: AccessDeniedException: ...secretsmanager:GetSecretValue/);
  await allow("arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-??????", "secretsmanager:GetSecretValue");
  expect((await failure()).said).toBe(
    `UPLOAD_ARTIFACTS CLIENT_ERROR: Error in UPLOAD_ARTIFACTS phase: AccessDenied: ${why("s3:PutObject", "arn:aws:s3:::things/out.zip")} status code: 403`,
  );
  await allow("arn:aws:s3:::things/*", "s3:PutObject");
  expect((await failure()).said).toBe("SUCCEEDED");

  await expect(cloud.call(updateProject, { name: "shop", vpcConfig })).rejects.toThrow("Not authorized to perform DescribeSecurityGroups");
  await allow("*", "ec2:DescribeSecurityGroups");
  await cloud.call(updateProject, { name: "shop", vpcConfig });
  expect((await failure()).said).toBe("PROVISIONING VPC_CLIENT_ERROR: Unexpected EC2 error: UnauthorizedOperation");
  await allow("*", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:CreateNetworkInterface");
  expect((await failure()).said).toBe("SUCCEEDED");
  const repository = { type: "CODECOMMIT", location: "https://git/v1/repos/shop", buildspec: BUILDSPEC } as const;
  await cloud.call(updateProject, { name: "shop", source: repository });
  expect((await failure()).said).toBe("DOWNLOAD_SOURCE CLIENT_ERROR: authorization failed for primary source");
});
