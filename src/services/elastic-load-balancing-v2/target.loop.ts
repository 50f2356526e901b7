import { ensureJob, forgetJob, isOver, type Job, type JobSpec, jobs, stopJob } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { instanceAt, instanceOf } from "../ec2/api.ts";
import { dimensionOf as balancerDimension, loadBalancers } from "./load-balancer.ts";
import { type Target, targets } from "./target.ts";
import { balancersOf, dimensionOf, type TargetGroup, targetGroups } from "./target-group.ts";

/** Checks the health of targets, and lets those go that were taken out of their group. */
export const targetLoop: Loop<Target> = {
  table: targets,
  turn(scope, target) {
    if (target.state === "draining") return drain(scope, target);
    const group = targetGroups.get(scope, target.groupName)!;
    const instance = group.targetType === "instance" ? instanceOf(scope, target.targetId) : undefined;
    if (group.targetType === "instance" && (instance === undefined || instance.state === "terminated")) return leave(scope, target);
    if (instance !== undefined && instance.state !== "running" && instance.state !== "pending")
      return rest(scope, target, "Target.InvalidState", `Target is in the ${instance.state} state`);
    if (balancersOf(scope, group.arn).length === 0)
      return rest(scope, target, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer");
    return check(scope, group, target);
  },
};

export const checkOf = ({ id }: Target): string => `elastic-load-balancing-v2/${id}`;

function drain(scope: Scope, target: Target): Rest | undefined {
  giveUpCheck(scope, target);
  if (scope.clock.now() < target.drainedAt!)
    return { wakeAt: target.drainedAt!, kind: "wait", because: "the target is being drained of what is on its way to it" };
  return leave(scope, target);
}

function leave(scope: Scope, target: Target): Rest | undefined {
  giveUpCheck(scope, target);
  if (jobs.get(scope, checkOf(target)) !== undefined) return { kind: "wait", because: "its last health check is being given up" };
  targets.remove(scope, target.id);
  return undefined;
}

function rest(scope: Scope, target: Target, reason: NonNullable<Target["reason"]>, description: string): undefined {
  giveUpCheck(scope, target);
  if (target.reason !== reason || target.description !== description)
    targets.patch(scope, target.id, { state: "unused", reason, description, successes: 0, failures: 0, checkedAt: undefined });
}

function giveUpCheck(scope: Scope, target: Target): void {
  stopJob(scope, checkOf(target));
  forgetJob(scope, checkOf(target));
}

function check(scope: Scope, group: TargetGroup, target: Target): Rest | undefined {
  if (target.state === "unused" || target.reason === "Elb.RegistrationInProgress") {
    targets.patch(scope, target.id, {
      state: "initial",
      reason: "Elb.InitialHealthChecking",
      description: "Initial health checks in progress",
    });
    return undefined;
  }
  const running = jobs.get(scope, checkOf(target));
  if (running !== undefined) {
    if (!isOver(running)) return { kind: "wait", because: "a health check is on its way" };
    forgetJob(scope, running.id);
    judge(scope, group, target, running);
    return undefined;
  }
  const dueAt = target.checkedAt === undefined ? target.registeredAt : target.checkedAt + group.healthCheck.intervalSeconds * 1000;
  if (scope.clock.now() >= dueAt) {
    ensureJob(scope, checkOf(target), probeOf(scope, group, target));
    return { kind: "wait", because: "a health check is on its way" };
  }
  // Somebody waits for a state that may come to change; whoever is well, or ill for good, is only looked at now and then.
  const isSettled = target.state === "healthy" ? target.failures === 0 : target.state === "unhealthy" && target.successes === 0;
  return { wakeAt: dueAt, kind: isSettled ? "tick" : "wait", because: `the next health check of ${target.targetId} is due then` };
}

function probeOf(scope: Scope, { healthCheck, targetType }: TargetGroup, { targetId, port: trafficPort }: Target): JobSpec {
  const { protocol, path, timeoutSeconds } = healthCheck;
  const port = healthCheck.port === "traffic-port" ? trafficPort : Number(healthCheck.port);
  const instanceId = targetType === "instance" ? targetId : instanceAt(scope, targetId);
  const host = instanceId === undefined ? targetId : "127.0.0.1";
  const where = { timeoutMs: timeoutSeconds * 1000, ...(instanceId !== undefined && { instanceId }) };
  if (protocol === "TCP") return { type: "tcp", host, port, ...where };
  const headers = { "user-agent": "ELB-HealthChecker/2.0" };
  return { type: "http", method: "GET", url: `http://${host}:${port}${path}`, headers, ...where };
}

function judge(scope: Scope, group: TargetGroup, target: Target, job: Job): void {
  const failure = failureOf(group, job);
  const checkedAt = scope.clock.now();
  const { healthyThreshold, unhealthyThreshold } = group.healthCheck;
  if (failure === undefined) {
    const successes = target.successes + 1;
    // A new target is well after one success. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    const isWell = target.state !== "unhealthy" || successes >= healthyThreshold;
    const next = isWell ? { state: "healthy" as const, reason: undefined, description: undefined } : {};
    targets.patch(scope, target.id, { successes: isWell ? 0 : successes, failures: 0, checkedAt, ...next });
  } else {
    const failures = target.failures + 1;
    const isIll = target.state === "unhealthy" || failures >= unhealthyThreshold;
    const next = isIll ? { state: "unhealthy" as const, ...failure } : {};
    targets.patch(scope, target.id, { successes: 0, failures: isIll ? 0 : failures, checkedAt, ...next });
  }
  count(scope, group);
}

function failureOf({ healthCheck }: TargetGroup, job: Job): { reason: NonNullable<Target["reason"]>; description: string } | undefined {
  if (job.status === "TIMED_OUT") return { reason: "Target.Timeout", description: "Request timed out" };
  if (job.status !== "SUCCEEDED") return { reason: "Target.FailedHealthChecks", description: "Health checks failed" };
  if (job.spec.type === "tcp") return undefined;
  const status = job.result!.response!.status;
  return matches(healthCheck.matcher, status)
    ? undefined
    : { reason: "Target.ResponseCodeMismatch", description: `Health checks failed with these codes: [${status}]` };
}

/** Whether a status is one of 200, 200,202 or 200-299. */
const matches = (matcher: string, status: number): boolean =>
  matcher.split(",").some((part) => {
    const [from, to = from] = part.trim().split("-").map(Number) as [number, number?];
    return status >= from && status <= to;
  });

/** How many are well, told with each check. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
function count(scope: Scope, group: TargetGroup): void {
  const all = targets.list(scope, `${group.id} `);
  const counts = {
    HealthyHostCount: all.filter(({ state }) => state === "healthy").length,
    UnHealthyHostCount: all.filter(({ state }) => state === "unhealthy").length,
  };
  for (const arn of balancersOf(scope, group.arn)) {
    const balancer = loadBalancers.by(scope, "arn", arn)[0]!;
    const namespace = balancer.type === "application" ? "AWS/ApplicationELB" : "AWS/NetworkELB";
    const dimensions = { LoadBalancer: balancerDimension(balancer), TargetGroup: dimensionOf(group) };
    for (const [name, value] of Object.entries(counts)) scope.measure({ namespace, name, dimensions }, { value, unit: "Count" });
  }
}
