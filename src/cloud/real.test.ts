import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import { CodeDeployClient, GetDeploymentTargetCommand, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { expect, test } from "vitest";
import { Rack } from "../instance/codedeploy/rack.fixture.ts";

const APP_SPEC = "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: slow.sh\n";

test("no time is skipped while an agent runs a script", async () => {
  await using rack = await Rack.start({ clock: "auto" });
  rack.startAgent();
  const deployed = rack.deploy({ "appspec.yml": APP_SPEC, "slow.sh": "#!/bin/sh\nsleep 1\n" });
  await scriptRuns(rack);
  // Three hours are watched for alarms: longer than a script may take.
  const stacks = new CloudFormationClient(rack.cloud.client);
  const TemplateBody = JSON.stringify({ Resources: { Topic: { Type: "AWS::SNS::Topic" } } });
  const alarm = { AlarmName: "errors", Namespace: "web", MetricName: "errors", Statistic: "Sum", Period: 60, Threshold: 1 } as const;
  const compares = { EvaluationPeriods: 1, ComparisonOperator: "GreaterThanThreshold" } as const;
  await new CloudWatchClient(rack.cloud.client).send(new PutMetricAlarmCommand({ ...alarm, ...compares }));
  const Arn = `arn:aws:cloudwatch:${rack.cloud.region}:${rack.cloud.account}:alarm:errors`;
  const RollbackConfiguration = { MonitoringTimeInMinutes: 180, RollbackTriggers: [{ Arn, Type: "AWS::CloudWatch::Alarm" }] };
  await stacks.send(new CreateStackCommand({ StackName: "s", TemplateBody, RollbackConfiguration }));
  expect(await deployed).toEqual({ deploymentId: expect.any(String) });
  // And afterwards it is.
  await waitUntilStackCreateComplete({ client: stacks, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { StackName: "s" });
});

/** Once the agent is at AfterInstall. */
async function scriptRuns({ cloud }: Rack): Promise<void> {
  const codedeploy = new CodeDeployClient(cloud.client);
  for (;;) {
    const { deployments } = await codedeploy.send(new ListDeploymentsCommand({}));
    if (deployments!.length > 0) {
      const target = { deploymentId: deployments![0]!, targetId: "rack-1" };
      const { deploymentTarget } = await codedeploy
        .send(new GetDeploymentTargetCommand(target))
        .catch(() => ({ deploymentTarget: undefined }));
      const events = deploymentTarget?.instanceTarget?.lifecycleEvents ?? [];
      if (events.some(({ lifecycleEventName, status }) => lifecycleEventName === "AfterInstall" && status === "InProgress")) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
