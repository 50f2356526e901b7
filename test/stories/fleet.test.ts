import { DescribeSubnetsCommand, EC2Client, RunInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { probeInstanceSandbox } from "../../src/compute/instance-sandbox.ts";
import { type RunningCloud, startCloud } from "../../src/testing/running.ts";

const hasSandbox = probeInstanceSandbox() !== undefined;

let cloud: RunningCloud;

beforeAll(async () => {
  cloud = await startCloud({ clock: "real" });
});

afterAll(() => cloud.close());

/** A page on port 80 that says whose it is. */
const PAGE = `#!/bin/sh
node -e 'require("http").createServer((q, r) => r.end(require("os").hostname() + " " + q.headers["x-forwarded-for"])).listen(80)' &
`;

test.runIf(hasSandbox)("two instances serve a page behind a balancer; one is stopped, health notices, and traffic goes on", async () => {
  const [ec2, elb] = [new EC2Client(cloud.client), new ElasticLoadBalancingV2Client(cloud.client)];
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
      InstanceType: "t3.micro",
      MinCount: 2,
      MaxCount: 2,
      UserData: Buffer.from(PAGE).toString("base64"),
    }),
  );
  const ids = Instances!.map(({ InstanceId }) => InstanceId!);
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: "web",
      Protocol: "HTTP",
      Port: 80,
      VpcId: Subnets![0]!.VpcId!,
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  const TargetGroupArn = TargetGroups![0]!.TargetGroupArn!;
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: "web", Subnets: Subnets!.map(({ SubnetId }) => SubnetId!) }),
  );
  const { LoadBalancerArn, DNSName } = LoadBalancers![0]!;
  await elb.send(
    new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 8080, DefaultActions: [{ Type: "forward", TargetGroupArn }] }),
  );
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: ids.map((Id) => ({ Id })) }));
  const states = async (): Promise<string> =>
    (await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn })))
      .TargetHealthDescriptions!.map(({ TargetHealth }) => TargetHealth!.State!)
      .sort()
      .join(" ");
  await until(async () => (await states()) === "healthy healthy");

  const served = new Set<string>();
  for (let nth = 0; nth < 4; nth++) served.add(await page(`http://${DNSName}:8080/`));
  expect([...served].sort()).toEqual(["ip-172-31-0-4 127.0.0.1", "ip-172-31-0-5 127.0.0.1"]);

  await ec2.send(new StopInstancesCommand({ InstanceIds: [ids[0]!] }));
  await until(async () => (await states()) === "healthy unused");
  const left = new Set<string>();
  for (let nth = 0; nth < 4; nth++) left.add(await page(`http://${DNSName}:8080/`));
  expect([...left]).toEqual(["ip-172-31-0-5 127.0.0.1"]);
});

const page = async (url: string): Promise<string> => (await fetch(url)).text();

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100));
}
