import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readObject } from "../s3/api.ts";
import { batchGetBuilds, listBuildsForProject, startBuild } from "./build-operations.ts";
import { createShop, get, start, world } from "./codebuild.fixture.ts";
import { listCuratedEnvironmentImages } from "./curated-image.ts";
import { batchGetProjects } from "./project.ts";
import {
  deleteResourcePolicy,
  getResourcePolicy,
  listSharedProjects,
  listSharedReportGroups,
  putResourcePolicy,
} from "./resource-policy.ts";
import { deleteSourceCredentials, importSourceCredentials, listSourceCredentials } from "./source-credential.ts";

const BUILDSPEC = "version: 0.2\nphases: { build: { commands: [make] } }\n";
const ARN = "arn:aws:codebuild:eu-west-1:111122223333:project/shop";

test("a project that is shared with an account is listed there", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC);
  const policy = JSON.stringify({
    Statement: [
      { Effect: "Allow", Principal: { AWS: "arn:aws:iam::444455556666:root" }, Action: "codebuild:BatchGetProjects", Resource: ARN },
    ],
  });
  await expect(cloud.call(putResourcePolicy, { resourceArn: `${ARN}-none`, policy })).rejects.toThrow("Resource cannot be found");
  await cloud.call(putResourcePolicy, { resourceArn: ARN, policy });
  expect((await cloud.call(getResourcePolicy, { resourceArn: ARN })).policy).toBe(policy);
  const there = { accountId: "444455556666" };
  expect((await cloud.call(listSharedProjects, {}, there)).projects).toEqual([ARN]);
  expect((await cloud.call(listSharedProjects, {})).projects).toEqual([]);
  expect((await cloud.call(listSharedReportGroups, {}, there)).reportGroups).toEqual([]);
  await cloud.call(deleteResourcePolicy, { resourceArn: ARN });
  expect((await cloud.call(listSharedProjects, {}, there)).projects).toEqual([]);
  await expect(cloud.call(getResourcePolicy, { resourceArn: ARN })).rejects.toThrow("Resource policy cannot be found");
});

test("calls of other accounts are judged by the policy", async () => {
  const cloud = world();
  await createShop(cloud, BUILDSPEC);
  const id = await start(cloud);
  const build = `${ARN.replace(":project/", ":build/")}${id.slice("shop".length)}`;
  const there = { accountId: "444455556666", arn: "arn:aws:iam::444455556666:root" };
  const alice = { ...there, type: "user", arn: "arn:aws:iam::444455556666:user/alice" } as const;
  const refusal = "is not authorized to perform: codebuild:BatchGetProjects on resource";
  await expect(cloud.call(batchGetProjects, { names: [ARN] }, there)).rejects.toThrow(refusal);
  const statement = {
    Effect: "Allow",
    Principal: { AWS: [alice.arn] },
    Action: ["codebuild:BatchGetProjects", "codebuild:BatchGetBuilds"],
    Resource: ARN,
  };
  await cloud.call(putResourcePolicy, { resourceArn: ARN, policy: JSON.stringify({ Statement: [statement] }) });
  expect((await cloud.call(batchGetProjects, { names: [ARN] }, alice)).projects).toMatchObject([{ arn: ARN }]);
  expect((await cloud.call(batchGetBuilds, { ids: [build] }, alice)).builds).toMatchObject([{ arn: build }]);
  await expect(cloud.call(batchGetProjects, { names: [ARN] }, there)).rejects.toThrow(refusal);
  await expect(cloud.call(listBuildsForProject, { projectName: ARN }, alice)).rejects.toThrow("codebuild:ListBuildsForProject");
  const but = { ...statement, Effect: "Deny", Principal: { AWS: "*" }, Condition: { ArnLike: { "aws:PrincipalArn": "*:user/al*" } } };
  await cloud.call(putResourcePolicy, { resourceArn: ARN, policy: JSON.stringify({ Statement: [statement, but] }) });
  await expect(cloud.call(batchGetProjects, { names: [ARN] }, alice)).rejects.toThrow(refusal);
  // Whom it is shared with may look at it, and neither run it nor share it on.
  await expect(cloud.call(startBuild, { projectName: ARN }, alice)).rejects.toThrow(`Project cannot be found: ${ARN}`);
  await expect(cloud.call(putResourcePolicy, { resourceArn: ARN, policy: "{}" }, alice)).rejects.toThrow("Resource cannot be found");
});

test("source credentials are one per kind of server, and never shown", async () => {
  const cloud = world();
  const token = { serverType: "GITHUB", authType: "PERSONAL_ACCESS_TOKEN", token: "secret" } as const;
  const { arn } = await cloud.call(importSourceCredentials, token);
  expect(arn).toMatch(/^arn:aws:codebuild:eu-west-1:111122223333:token\/github-/);
  expect((await cloud.call(importSourceCredentials, { ...token, token: "other" })).arn).toBe(arn);
  const enterprise = await cloud.call(importSourceCredentials, { ...token, serverType: "GITHUB_ENTERPRISE" });
  expect(enterprise.arn).toMatch(/:token\/github_enterprise-/);
  await cloud.call(deleteSourceCredentials, { arn: enterprise.arn! });
  await expect(cloud.call(importSourceCredentials, { ...token, shouldOverwrite: false })).rejects.toThrow("already exists");
  await expect(cloud.call(importSourceCredentials, { ...token, serverType: "BITBUCKET", authType: "BASIC_AUTH" })).rejects.toThrow(
    "Username",
  );
  expect((await cloud.call(listSourceCredentials, {})).sourceCredentialsInfos).toEqual([
    { arn, serverType: "GITHUB", authType: "PERSONAL_ACCESS_TOKEN" },
  ]);
  await cloud.call(deleteSourceCredentials, { arn: arn! });
  await expect(cloud.call(deleteSourceCredentials, { arn: arn! })).rejects.toThrow("Source credentials cannot be found");
});

test("the images that CodeBuild offers have their names", async () => {
  const { platforms } = await world().call(listCuratedEnvironmentImages, {});
  const names = platforms!.flatMap(({ languages }) => languages!.flatMap(({ images }) => images!.map(({ name }) => name)));
  expect(names).toContain("aws/codebuild/standard:7.0");
});

test("artifacts that are not zipped are put into S3 one by one; the log is put beside them", async () => {
  const cloud = world({ files: { "artifact/": { "index.html": "<p>", "css/a.css": "p{}" } } });
  await createShop(cloud, `${BUILDSPEC}artifacts: { files: "**/*" }\n`, {
    artifacts: { type: "S3", location: "things", path: "/site/", name: "live", namespaceType: "NONE" },
    logsConfig: { s3Logs: { status: "ENABLED", location: "things/logs" }, cloudWatchLogs: { status: "ENABLED", groupName: "/builds" } },
  });
  const id = await start(cloud);
  await cloud.advance("10s");
  const build = await get(cloud, id);
  expect(build).toMatchObject({ buildStatus: "SUCCEEDED", artifacts: { location: "arn:aws:s3:::things/site/live" } });
  expect(readObject(cloud.scope(), "things", "site/live/css/a.css")).toMatchObject({ metadata: { "codebuild-buildarn": build.arn } });
  const log = readObject(cloud.scope(), "things", `logs/${id.split(":")[1]}.gz`)!;
  expect(build.logs).toMatchObject({ s3LogsArn: `arn:aws:s3:::things/logs/${id.split(":")[1]}.gz` });
  expect(gunzipSync(cloud.blobs.read(log.digest)).toString()).toContain("Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED");
});
