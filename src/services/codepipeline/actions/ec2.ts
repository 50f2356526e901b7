import type { Scope } from "../../../kernel/scope.ts";
import { type InstanceView, liveInstances } from "../../ec2/api.ts";
import { targetGroupOf } from "../../elastic-load-balancing-v2/api.ts";
import { specificationOf } from "../deploy-specification.ts";
import { abandonTargets, type DeployTarget, deployTargets, type TargetEventName, targetsBefore, targetsOfRun } from "../deploy-target.ts";
import { type ActionProgress, type ActionProvider, absent, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";
import { advanceTarget, groupsIn, logOf } from "./ec2-target.ts";

const FLEET_MAX = 500;
const NUMBER = /^[1-9]\d*%?$/;

type Configuration = Readonly<Record<string, string>>;

/** Files and scripts on instances with a tag, some at a time. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html */
export const ec2Deploy: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "EC2", version: "1" },
  inputs: [1, 1],
  outputs: [0, 0],
  properties: [
    { name: "InstanceTagKey", required: true },
    { name: "InstanceTagValue" },
    { name: "InstanceType", required: true },
    { name: "TargetDirectory" },
    { name: "DeploySpec" },
    { name: "MaxBatch" },
    { name: "MaxError" },
    { name: "TargetGroupNameList" },
    { name: "PreScript" },
    { name: "PostScript" },
  ],
  timeoutMinutes: 60,
  isOfV2: true,
  check: checkConfiguration,
  needs({ account }, { region, configuration: { InstanceTagKey, InstanceTagValue = "*", TargetGroupNameList } }) {
    const groups = groupsIn(TargetGroupNameList).map((name) => `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${name}/*`);
    return [
      { action: "ec2:DescribeInstances", resource: "*" },
      {
        action: "ssm:SendCommand",
        resource: `arn:aws:ec2:${region}:${account}:instance/*`,
        context: { [`aws:ResourceTag/${InstanceTagKey}`]: InstanceTagValue },
      },
      ...groups.flatMap((resource) =>
        ["DeregisterTargets", "RegisterTargets"].map((action) => ({ action: `elasticloadbalancing:${action}`, resource })),
      ),
    ];
  },
  observe(scope, run) {
    const chosen = targetsOfRun(scope, run);
    const targets = chosen.length === 0 ? choose(scope, run) : chosen;
    return typeof targets === "string" ? failed("ConfigurationError", targets) : roll(scope, run, targets);
  },
  stop: abandonTargets,
  entityUrl: ({ region }, { InstanceTagKey, InstanceTagValue }) =>
    `https://${region}.console.aws.amazon.com/ec2/home?region=${region}#Instances:tag:${InstanceTagKey}=${InstanceTagValue ?? ""}`,
};

function checkConfiguration(configuration: Configuration, action: string): void {
  const { InstanceType, MaxBatch, MaxError, DeploySpec } = configuration;
  const invalid = (name: string, value: string): never =>
    refuseAction(`Action configuration for action '${action}' has an invalid value '${value}' for '${name}'`);
  if (InstanceType === "SSM_MANAGED_NODE") absent("A deployment to SSM managed nodes");
  if (InstanceType !== "EC2") invalid("InstanceType", InstanceType!);
  if (MaxBatch !== undefined && !NUMBER.test(MaxBatch) && !isVariable(MaxBatch)) invalid("MaxBatch", MaxBatch);
  if (MaxError !== undefined && MaxError !== "0" && !NUMBER.test(MaxError) && !isVariable(MaxError)) invalid("MaxError", MaxError);
  if (DeploySpec !== undefined) return;
  for (const name of ["TargetDirectory", "PostScript"]) {
    if (!configuration[name]) refuseAction(`Action configuration for action '${action}' is missing required configuration '${name}'`);
  }
}

const isVariable = (text: string): boolean => text.includes("#{");

/** Which instances are deployed to, first those that failed before; or why there are none. Those that have the artifact already are skipped. */
function choose(scope: Scope, run: Run): DeployTarget[] | string {
  const { InstanceTagKey = "", InstanceTagValue, TargetGroupNameList } = run.configuration;
  const missing = groupsIn(TargetGroupNameList).find((name) => targetGroupOf(scope, name) === undefined);
  if (missing !== undefined) return `The target group ${missing} does not exist.`;
  const events = eventsOf(scope, run);
  if (typeof events === "string") return events;
  const isWanted = ({ state, tags }: InstanceView): boolean =>
    state === "running" &&
    tags[InstanceTagKey] !== undefined &&
    (InstanceTagValue === undefined || tags[InstanceTagKey] === InstanceTagValue);
  const instances = liveInstances(scope).filter(isWanted);
  const tag = InstanceTagValue === undefined ? `key ${InstanceTagKey}` : `${InstanceTagKey}=${InstanceTagValue}`;
  if (instances.length === 0) return `No running instances were found with the tag ${tag}.`;
  if (instances.length > FLEET_MAX) return `${instances.length} instances have the tag ${tag}; at most ${FLEET_MAX} are supported.`;
  const before = targetsBefore(scope, run);
  return instances.map(({ id: instanceId }) => {
    const hasIt = before.some((target) => target.instanceId === instanceId && target.status === "SUCCEEDED");
    return deployTargets.put(scope, {
      id: `${run.id}/${instanceId}`,
      actionExecutionId: run.actionExecutionId,
      instanceId,
      status: hasIt ? "SKIPPED" : "PENDING",
      events: hasIt ? [] : events.map((name) => ({ name, status: "PENDING" as const })),
    });
  });
}

/** The events that an instance goes through, in order. */
function eventsOf(scope: Scope, run: Run): TargetEventName[] | string {
  const specification = specificationOf(scope, run);
  if (typeof specification === "string") return specification;
  const { PreScript } = run.configuration;
  const isInline = specification === undefined;
  const before = isInline ? PreScript !== undefined : specification.scripts.BEFORE_DEPLOY.length > 0;
  const after = isInline || specification.scripts.AFTER_DEPLOY.length > 0;
  return [...(before ? (["BEFORE_DEPLOY"] as const) : []), "DEPLOY", ...(after ? (["AFTER_DEPLOY"] as const) : [])];
}

/** Take every instance on as far as it goes, as many at a time as are allowed; too many that failed fail the rest. */
function roll(scope: Scope, run: Run, targets: readonly DeployTarget[]): ActionProgress {
  const { MaxBatch = "100%", MaxError = "0" } = run.configuration;
  const external = { externalExecutionId: run.actionExecutionId, logStreamArn: logStreamArn(scope, run) };
  const isIn = (status: DeployTarget["status"]) => (target: DeployTarget) => target.status === status;
  let now = targets;
  let waits: string[] = [];
  for (let left = true; left; ) {
    const errors = now.filter(isIn("FAILED")).length;
    const mayGoOn = errors <= countOf(MaxError, now.length);
    const room = mayGoOn ? Math.max(1, countOf(MaxBatch, now.length)) - now.filter(isIn("IN_PROGRESS")).length : 0;
    const starting = inTurn(scope, run, now.filter(isIn("PENDING"))).slice(0, Math.max(0, room));
    const underWay = [...now.filter(isIn("IN_PROGRESS")), ...starting];
    const outcomes = underWay.map((target) => advanceTarget(scope, run, target));
    waits = outcomes.filter((because) => because !== undefined);
    now = targetsOfRun(scope, run);
    // Those that are through make room for others.
    left = waits.length < underWay.length;
  }
  if (waits.length > 0) return { status: "InProgress", because: waits[0]!, ...external };
  return over(scope, run, now, external);
}

function over(scope: Scope, run: Run, targets: readonly DeployTarget[], external: object): ActionProgress {
  const wrong = targets.filter(({ status }) => status === "FAILED").map(({ instanceId }) => instanceId);
  const untouched = targets.filter(({ status }) => status === "PENDING");
  const endedAt = scope.clock.now();
  for (const { id } of untouched) deployTargets.patch(scope, id, { status: "FAILED", endedAt });
  const isTooMany = wrong.length > countOf(run.configuration["MaxError"] ?? "0", targets.length);
  if (!isTooMany) return { status: "Succeeded", ...external, summary: "Deployment Succeeded" };
  const reason = `Deployment failed on ${wrong.length} of ${targets.length} instances: ${wrong.join(", ")}`;
  return failed("JobFailed", reason, { ...external, summary: reason });
}

/** Those that failed before come first. */
function inTurn(scope: Scope, run: Run, pending: readonly DeployTarget[]): DeployTarget[] {
  const before = new Set(
    targetsBefore(scope, run)
      .filter(({ status, startedAt }) => status === "FAILED" && startedAt !== undefined)
      .map(({ instanceId }) => instanceId),
  );
  return [...pending.filter(({ instanceId }) => before.has(instanceId)), ...pending.filter(({ instanceId }) => !before.has(instanceId))];
}

/** A number, or a share of all in percent. */
const countOf = (text: string, all: number): number =>
  text.endsWith("%") ? Math.floor((all * Number(text.slice(0, -1))) / 100) : Number(text);

const logStreamArn = (scope: Scope, run: Run): string => {
  const { group, stream } = logOf(run);
  return `${scope.arn("logs", `log-group:${group}`)}:log-stream:${stream}`;
};
