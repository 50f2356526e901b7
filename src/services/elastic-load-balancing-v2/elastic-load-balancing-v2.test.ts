import { describe, expect, test } from "vitest";
import { metricSeries, metrics } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { stopInstances, terminateInstances } from "../ec2/instance-state.ts";
import { balance, balancedWorld, runSome } from "./elastic-load-balancing-v2.fixture.ts";
import { createListener, deleteListener, describeListeners } from "./listener.ts";
import {
  deleteLoadBalancer,
  describeCapacityReservation,
  describeLoadBalancers,
  modifyLoadBalancerAttributes,
  setSecurityGroups,
} from "./load-balancer.ts";
import { planOf } from "./plan.ts";
import { createRule, deleteRule, describeRules, setRulePriorities } from "./rule.ts";
import { addTags, describeTags } from "./tag.ts";
import { deregisterTargets, describeTargetHealth, registerTargets } from "./target.ts";
import { createTargetGroup, deleteTargetGroup, describeTargetGroups, modifyTargetGroupAttributes } from "./target-group.ts";

const well = () => ({ status: 200 });

/** How each target stands, and why. */
async function health(cloud: World, TargetGroupArn: string): Promise<string[]> {
  const { TargetHealthDescriptions } = await cloud.call(describeTargetHealth, { TargetGroupArn });
  return TargetHealthDescriptions!.map(({ TargetHealth }) => [TargetHealth!.State, TargetHealth!.Reason].filter(Boolean).join(" "));
}

const register = (cloud: World, TargetGroupArn: string, ids: readonly string[]) =>
  cloud.call(registerTargets, { TargetGroupArn, Targets: ids.map((Id) => ({ Id })) });

describe("a target", () => {
  test("is well after one check, ill after two failures, and well again after as many as the group says", async () => {
    let status = 200;
    const cloud = balancedWorld(() => ({ status }));
    const { groupArn } = await balance(cloud);
    await register(cloud, groupArn, await runSome(cloud, 2));
    expect(await health(cloud, groupArn)).toEqual(["healthy", "healthy"]);
    status = 500;
    await cloud.advance("10s");
    expect(await health(cloud, groupArn)).toEqual(["healthy", "healthy"]);
    await cloud.advance("10s");
    expect(await health(cloud, groupArn)).toEqual(["unhealthy Target.ResponseCodeMismatch", "unhealthy Target.ResponseCodeMismatch"]);
    status = 200;
    await cloud.advance("10s");
    expect((await health(cloud, groupArn))[0]).toBe("unhealthy Target.ResponseCodeMismatch");
    await cloud.advance("10s");
    expect(await health(cloud, groupArn)).toEqual(["healthy", "healthy"]);
  });

  test("that nobody listens at is never well; one of a group without a listener is not looked at", async () => {
    const cloud = balancedWorld((_id, port) => (port === 80 ? { status: 200 } : undefined));
    const { groupArn, listenerArn } = await balance(cloud, { Port: 8080 });
    await register(cloud, groupArn, await runSome(cloud, 1));
    expect(await health(cloud, groupArn)).toEqual(["initial Elb.InitialHealthChecking"]);
    await cloud.advance("10s");
    expect(await health(cloud, groupArn)).toEqual(["unhealthy Target.FailedHealthChecks"]);
    await cloud.call(deleteListener, { ListenerArn: listenerArn });
    expect(await health(cloud, groupArn)).toEqual(["unused Target.NotInUse"]);
  });

  test("follows its instance, and is drained when it is taken out", async () => {
    const cloud = balancedWorld(well);
    const { groupArn } = await balance(cloud);
    const [stopped, gone, out] = (await runSome(cloud, 3)) as [string, string, string];
    await register(cloud, groupArn, [stopped, gone, out]);
    await cloud.call(stopInstances, { InstanceIds: [stopped] });
    await cloud.call(terminateInstances, { InstanceIds: [gone] });
    await cloud.call(deregisterTargets, { TargetGroupArn: groupArn, Targets: [{ Id: out }] });
    expect((await health(cloud, groupArn)).sort()).toEqual(["draining Target.DeregistrationInProgress", "unused Target.InvalidState"]);
    await cloud.advance("299s");
    expect(await health(cloud, groupArn)).toHaveLength(2);
    await cloud.advance("1s");
    expect(await health(cloud, groupArn)).toEqual(["unused Target.InvalidState"]);
    const asked = await cloud.call(describeTargetHealth, { TargetGroupArn: groupArn, Targets: [{ Id: out }] });
    expect(asked.TargetHealthDescriptions![0]!.TargetHealth!.Reason).toBe("Target.NotRegistered");
    await expect(register(cloud, groupArn, [stopped])).rejects.toThrow("not in a running state and cannot be registered");
  });

  test("is counted with each check", async () => {
    const cloud = balancedWorld(well);
    const { groupArn, balancerArn } = await balance(cloud);
    await register(cloud, groupArn, await runSome(cloud, 2));
    const dimensions = {
      LoadBalancer: balancerArn.split(":loadbalancer/")[1]!,
      TargetGroup: groupArn.split(":").at(-1)!,
    };
    const read = (name: string) => metrics.read(cloud.scope(), metricSeries({ namespace: "AWS/ApplicationELB", name, dimensions }));
    expect(read("HealthyHostCount").at(-1)!.value.value).toBe(2);
    expect(read("UnHealthyHostCount").at(-1)!.value.value).toBe(0);
  });

  test("comes to the same end whenever the power is cut", async () => {
    const build = (): World => balancedWorld((id) => ({ status: id.endsWith("0") ? 200 : 503 }));
    const commits = await endsTheSameWheneverThePowerIsCut(build, async (cloud) => {
      const { groupArn, balancerArn } = await balance(cloud);
      const ids = await runSome(cloud, 2);
      await register(cloud, groupArn, ids);
      await cloud.advance("25s");
      await cloud.call(deregisterTargets, { TargetGroupArn: groupArn, Targets: [{ Id: ids[0]! }] });
      await cloud.advance("6m");
      await cloud.call(deleteLoadBalancer, { LoadBalancerArn: balancerArn });
      await cloud.advance("1m");
    });
    expect(commits).toBeGreaterThan(20);
  });
});

describe("a listener", () => {
  test("has a port of the balancer's own address, and rules in an order", async () => {
    const cloud = balancedWorld(well);
    const { balancerArn, listenerArn, groupArn } = await balance(cloud);
    const { LoadBalancers } = await cloud.call(describeLoadBalancers, { Names: ["web"] });
    expect(LoadBalancers).toMatchObject([{ State: { Code: "active" }, DNSName: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/) }]);
    const Conditions = [{ Field: "path-pattern", Values: ["/api/*"] }];
    const Actions = [{ Type: "fixed-response" as const, FixedResponseConfig: { StatusCode: "418" } }];
    const { Rules } = await cloud.call(createRule, { ListenerArn: listenerArn, Priority: 20, Conditions, Actions });
    const input = { ListenerArn: listenerArn, Priority: 20, Conditions, Actions };
    await expect(cloud.call(createRule, input)).rejects.toThrow("Priority '20' is currently in use");
    const placed = { Actions: [{ ...Actions[0]!, Order: 1 }], Conditions: [{ Field: "host-header", Values: ["a.example.com"] }] };
    await cloud.call(createRule, { ...input, Priority: 5, ...placed });
    const order = async () => (await cloud.call(describeRules, { ListenerArn: listenerArn })).Rules!.map(({ Priority }) => Priority);
    expect(await order()).toEqual(["5", "20", "default"]);
    await cloud.call(setRulePriorities, { RulePriorities: [{ RuleArn: Rules![0]!.RuleArn!, Priority: 1 }] });
    expect(await order()).toEqual(["1", "5", "default"]);
    expect(planOf(cloud.scope(), listenerArn)!.rules.map(({ action }) => action.type)).toEqual([
      "fixed-response",
      "fixed-response",
      "forward",
    ]);
    const { Rules: all } = await cloud.call(describeRules, { ListenerArn: listenerArn });
    expect(all!.map((rule) => rule.Actions![0]!.Order)).toEqual([undefined, 1, undefined]);
    await expect(cloud.call(deleteRule, { RuleArn: all!.at(-1)!.RuleArn! })).rejects.toThrow("Default rule cannot be deleted");
    const again = { LoadBalancerArn: balancerArn, Protocol: "HTTP" as const, Port: 80, DefaultActions: Actions };
    await expect(cloud.call(createListener, again)).rejects.toThrow("A listener already exists on this port");
    const tls = { ...again, Port: 443, Protocol: "HTTPS" as const };
    await expect(cloud.call(createListener, tls)).rejects.toThrow("A listener of the protocol HTTPS is not implemented");
    await expect(cloud.call(deleteTargetGroup, { TargetGroupArn: groupArn })).rejects.toThrow(
      "is currently in use by a listener or a rule",
    );
  });

  test("is refused what it cannot be", async () => {
    const cloud = balancedWorld(well);
    const { balancerArn } = await balance(cloud);
    const page = (ContentType: string) => [{ Type: "fixed-response" as const, FixedResponseConfig: { StatusCode: "200", ContentType } }];
    const listener = { LoadBalancerArn: balancerArn, Port: 81, Protocol: "HTTP" as const };
    const bad = cloud.call(createListener, { ...listener, DefaultActions: page("text/markdown") });
    await expect(bad).rejects.toMatchObject({ name: "InvalidLoadBalancerActionException" });
    const { Protocol: _, ...bare } = { ...listener, DefaultActions: page("text/plain") };
    await expect(cloud.call(createListener, bare)).rejects.toThrow("A listener protocol must be specified");
    await expect(cloud.call(describeListeners, {})).rejects.toThrow("You must specify either listener ARNs or a load balancer ARN");
    const SecurityGroups = ["sg-0123456789abcdef0"];
    const refused = cloud.call(setSecurityGroups, { LoadBalancerArn: balancerArn, SecurityGroups });
    await expect(refused).rejects.toMatchObject({ name: "InvalidSecurityGroupException" });
    const slow = { Name: "slow", Protocol: "TCP", Port: 80, VpcId: "vpc-1", HealthCheckIntervalSeconds: 5 } as const;
    const late = cloud.call(createTargetGroup, { ...slow, HealthCheckTimeoutSeconds: 6 });
    await expect(late).rejects.toThrow("Health check timeout '6' must be smaller than or equal to the interval '5'");
  });

  test("gives traffic to those who are well, and to all where nobody is", async () => {
    let ill: string[] = [];
    const cloud = balancedWorld((id) => ({ status: ill.includes(id) ? 500 : 200 }));
    const { groupArn, listenerArn } = await balance(cloud);
    const ids = await runSome(cloud, 2);
    await register(cloud, groupArn, ids);
    const given = (): string[] => {
      const { action } = planOf(cloud.scope(), listenerArn)!.rules.at(-1)!;
      return action.type === "forward" ? action.groups[0]!.targets.map(({ id }) => id).sort() : [];
    };
    ill = [ids[0]!];
    await cloud.advance("20s");
    expect(given()).toEqual([ids[1]]);
    ill = ids;
    await cloud.advance("20s");
    expect(given()).toEqual([...ids].sort());
  });

  test("goes with its balancer, unless that is protected", async () => {
    const cloud = balancedWorld(well);
    const { balancerArn: LoadBalancerArn, groupArn } = await balance(cloud);
    const protect = (Value: string) =>
      cloud.call(modifyLoadBalancerAttributes, { LoadBalancerArn, Attributes: [{ Key: "deletion_protection.enabled", Value }] });
    await protect("true");
    await expect(cloud.call(deleteLoadBalancer, { LoadBalancerArn })).rejects.toThrow("because deletion protection is enabled");
    await protect("false");
    await cloud.call(deleteLoadBalancer, { LoadBalancerArn });
    await expect(cloud.call(describeListeners, { LoadBalancerArn })).rejects.toThrow("not found");
    expect((await cloud.call(describeTargetGroups, {})).TargetGroups![0]!.LoadBalancerArns).toEqual([]);
    await cloud.call(deleteTargetGroup, { TargetGroupArn: groupArn });
  });
});

test("what would have no effect is refused by name", async () => {
  const cloud = balancedWorld(well);
  const { groupArn: TargetGroupArn } = await balance(cloud);
  const set = (Key: string, Value: string) => cloud.call(modifyTargetGroupAttributes, { TargetGroupArn, Attributes: [{ Key, Value }] });
  await expect(set("slow_start.duration_seconds", "30")).rejects.toThrow(
    "slow_start.duration_seconds = 30 of a target group is not implemented",
  );
  await expect(set("colour", "red")).rejects.toThrow("Target group attribute key 'colour' is not recognized");
  expect((await set("stickiness.enabled", "true")).Attributes).toContainEqual({ Key: "stickiness.enabled", Value: "true" });
  const lambda = { Name: "fn", TargetType: "lambda" as const };
  await expect(cloud.call(createTargetGroup, lambda)).rejects.toThrow("A target group of the type lambda is not implemented");
  await cloud.call(addTags, { ResourceArns: [TargetGroupArn], Tags: [{ Key: "a", Value: "b" }] });
  const { TagDescriptions } = await cloud.call(describeTags, { ResourceArns: [TargetGroupArn] });
  expect(TagDescriptions![0]!.Tags).toEqual([{ Key: "a", Value: "b" }]);
});

test("what Terraform says and asks of balancers and target groups is understood", async () => {
  const cloud = balancedWorld(() => ({ status: 200 }));
  const { balancerArn, groupArn } = await balance(cloud, { ProtocolVersion: "" });
  const { TargetGroups } = await cloud.call(describeTargetGroups, { TargetGroupArns: [groupArn] });
  expect(TargetGroups).toMatchObject([{ ProtocolVersion: "HTTP1" }]);
  expect(await cloud.call(describeCapacityReservation, { LoadBalancerArn: balancerArn })).toEqual({ CapacityReservationState: [] });
});
