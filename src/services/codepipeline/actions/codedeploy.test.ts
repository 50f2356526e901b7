import { expect, test } from "vitest";
import type { ActionDeclaration } from "../../../sdk/codepipeline.js";
import { handsThat } from "../../../testing/hands.ts";
import { World } from "../../../testing/world.ts";
import { autoScaling } from "../../auto-scaling/index.ts";
import { cloudformation } from "../../cloudformation/index.ts";
import { cloudwatch } from "../../cloudwatch/index.ts";
import { codebuild } from "../../codebuild/index.ts";
import { codecommit } from "../../codecommit/index.ts";
import { codeconnections } from "../../codeconnections/index.ts";
import { codedeploy } from "../../codedeploy/index.ts";
import { agents, createFleetGroup, launchFleet } from "../../codedeploy/server.fixture.ts";
import { ec2 } from "../../ec2/index.ts";
import { elasticLoadBalancingV2 } from "../../elastic-load-balancing-v2/index.ts";
import { eventbridge } from "../../eventbridge/index.ts";
import { iam } from "../../iam/index.ts";
import { lambda } from "../../lambda/index.ts";
import { s3 } from "../../s3/index.ts";
import { ssm } from "../../ssm/index.ts";
import { sts } from "../../sts/index.ts";
import { actionsOf, create, latest, pipelineOf, prepare, source } from "../codepipeline.fixture.ts";
import { codepipeline } from "../index.ts";

const deploy: ActionDeclaration = {
  name: "Fleet",
  actionTypeId: { category: "Deploy", owner: "AWS", provider: "CodeDeploy", version: "1" },
  configuration: { ApplicationName: "web", DeploymentGroupName: "live" },
  inputArtifacts: [{ name: "Source" }],
};

async function withFleet(fails: boolean): Promise<World> {
  const before = [iam, sts, ssm, cloudwatch, s3, ec2, elasticLoadBalancingV2, autoScaling, eventbridge, lambda, codecommit, codedeploy];
  const services = [...before, cloudformation, codeconnections, codebuild, codepipeline];
  const cloud = new World({ services, hands: handsThat({ instance: agents(() => fails) }) });
  await prepare(cloud);
  await launchFleet(cloud, 2);
  await createFleetGroup(cloud);
  await create(cloud, pipelineOf([source, deploy]));
  return cloud;
}

test("a deployment to instances succeeds when it has reached them", async () => {
  const cloud = await withFleet(false);
  expect((await latest(cloud)).status).toBe("InProgress");
  await cloud.advance("1m");
  expect((await latest(cloud)).status).toBe("Succeeded");
  expect((await actionsOf(cloud))[0]!.output!.executionResult).toMatchObject({
    externalExecutionId: expect.stringMatching(/^d-[A-Z0-9]{9}$/),
    externalExecutionSummary: "Deployment Succeeded",
  });
});

test("a deployment that fails fails the action with its reason", async () => {
  const cloud = await withFleet(true);
  await cloud.advance("5m");
  expect((await latest(cloud)).status).toBe("Failed");
  expect((await actionsOf(cloud))[0]!.output!.executionResult!.errorDetails).toMatchObject({
    code: "JobFailed",
    message: expect.stringContaining("deployment"),
  });
});
