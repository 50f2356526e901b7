import type { Scope } from "../../../kernel/scope.ts";
import { type Row, Table } from "../../../kernel/table.ts";
import { alarms } from "../../cloudwatch/api.ts";
import { aliasOf, publishCode, shiftAlias, versionExists } from "../../lambda/api.ts";
import { toRead } from "../permission.ts";
import { type ActionProgress, type ActionProvider, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";

/** How an alias is led to another version, by the action's run. It lies in the action's region. */
interface LambdaDeployment extends Row {
  readonly target: string;
  /** Where the alias led before. */
  readonly original?: string;
  readonly startedAt: number;
}

export const lambdaDeployments = new Table<LambdaDeployment>("codepipeline/lambda-deployment", { stored: true });

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const WAIT_MAX_MINUTES = 2 * DAY_MINUTES;
const ALARMS_MAX = 10;

type Configuration = Readonly<Record<string, string>>;

/** A share of the traffic, in percent, and how many minutes after the first step it moves. */
interface Step {
  readonly percent: number;
  readonly afterMinutes: number;
}

/** New code for a function, and the traffic of an alias to it. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html */
export const lambdaDeploy: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "Lambda", version: "1" },
  inputs: [0, 1],
  outputs: [0, 0],
  properties: [
    { name: "FunctionName", required: true },
    { name: "FunctionAlias" },
    { name: "PublishedTargetVersion" },
    { name: "DeployStrategy" },
    { name: "Alarms" },
  ],
  timeoutMinutes: WAIT_MAX_MINUTES + 60,
  isOfV2: true,
  check: checkConfiguration,
  needs(scope, run) {
    const { FunctionName = "", FunctionAlias, Alarms } = run.configuration;
    const name = FunctionName.split(":").at(-1);
    const resource = `arn:aws:lambda:${run.region}:${scope.account}:function:${name}`;
    const actions = [
      ...(run.inputs.length > 0 ? ["UpdateFunctionCode", "PublishVersion"] : []),
      ...(FunctionAlias ? ["GetAlias", "UpdateAlias"] : []),
    ];
    return [
      ...toRead(scope, run),
      ...actions.map((action) => ({ action: `lambda:${action}`, resource })),
      ...namesIn(Alarms).map((alarm) => ({
        action: "cloudwatch:DescribeAlarms",
        resource: `arn:aws:cloudwatch:${run.region}:${scope.account}:alarm:${alarm}`,
      })),
    ];
  },
  observe(scope, run) {
    const deployment = lambdaDeployments.get(scope, run.id) ?? begin(scope, run);
    return "target" in deployment ? shift(scope, run, deployment) : deployment;
  },
  stop(scope, run) {
    const deployment = lambdaDeployments.get(scope, run.id);
    if (deployment !== undefined) putBack(scope, run, deployment);
  },
  entityUrl: ({ region }, { FunctionName }) =>
    `https://${region}.console.aws.amazon.com/lambda/home?region=${region}#/functions/${FunctionName}`,
};

function checkConfiguration({ FunctionAlias, DeployStrategy, PublishedTargetVersion, Alarms }: Configuration, action: string): void {
  const invalid = (name: string, value: string): never =>
    refuseAction(`Action configuration for action '${action}' has an invalid value '${value}' for '${name}'`);
  if (FunctionAlias === undefined && DeployStrategy !== undefined) invalid("DeployStrategy", DeployStrategy);
  if (FunctionAlias === undefined && PublishedTargetVersion !== undefined) invalid("PublishedTargetVersion", PublishedTargetVersion);
  if (DeployStrategy !== undefined && !DeployStrategy.includes("#{") && stepsOf(DeployStrategy) === undefined)
    invalid("DeployStrategy", DeployStrategy);
  if (namesIn(Alarms).length > ALARMS_MAX) invalid("Alarms", Alarms!);
}

/** The new version, and where the alias is led from; or why there is nothing to deploy. */
function begin(scope: Scope, run: Run): LambdaDeployment | ActionProgress {
  const { FunctionName = "", FunctionAlias, PublishedTargetVersion } = run.configuration;
  const [artifact] = run.inputs;
  if (artifact === undefined && PublishedTargetVersion === undefined)
    return failed("ConfigurationError", "PublishedTargetVersion is required if no input artifact is provided.");
  const route = FunctionAlias === undefined ? undefined : aliasOf(scope, FunctionName, FunctionAlias);
  if (FunctionAlias !== undefined && route === undefined)
    return failed("ConfigurationError", `The function ${FunctionName} has no alias ${FunctionAlias}.`);
  if (route !== undefined && Object.keys(route.weights).length > 0)
    return failed("ConfigurationError", `The alias ${FunctionAlias} has to lead to one version when the action starts.`);
  const target = PublishedTargetVersion ?? publishCode(scope, FunctionName, artifact!);
  if (!versionExists(scope, FunctionName, target))
    return failed("ConfigurationError", `The function ${FunctionName} has no published version ${target}.`);
  const startedAt = scope.clock.now();
  return lambdaDeployments.put(scope, { id: run.id, target, startedAt, ...(route && { original: route.version }) });
}

/** Move what is due; a monitored alarm puts everything back. */
function shift(scope: Scope, run: Run, deployment: LambdaDeployment): ActionProgress {
  const { FunctionName = "", FunctionAlias, DeployStrategy = "AllAtOnce", Alarms } = run.configuration;
  const { target, original, startedAt } = deployment;
  const done = {
    status: "Succeeded",
    externalExecutionId: target,
    summary: `Version ${target} was deployed.`,
    variables: { FunctionVersion: target },
  } as const;
  if (FunctionAlias === undefined || original === undefined || original === target) return done;
  const ringing = namesIn(Alarms).find((name) => alarms.get(scope, name)?.state === "ALARM");
  if (ringing !== undefined) {
    putBack(scope, run, deployment);
    return failed(
      "JobFailed",
      `The alarm ${ringing} is in the state ALARM; the alias ${FunctionAlias} leads to version ${original} again.`,
    );
  }
  const steps = stepsOf(DeployStrategy);
  if (steps === undefined) return failed("ConfigurationError", `${DeployStrategy} is no deploy strategy.`);
  const dueAt = ({ afterMinutes }: Step): number => startedAt + afterMinutes * MINUTE_MS;
  const { percent } = steps.findLast((step) => dueAt(step) <= scope.clock.now())!;
  const isLast = percent === 100;
  shiftAlias(scope, FunctionName, FunctionAlias, {
    version: isLast ? target : original,
    weights: isLast ? {} : { [target]: percent / 100 },
  });
  if (isLast) return done;
  const next = steps.find((step) => dueAt(step) > scope.clock.now())!;
  const because = `${percent} percent of the traffic of ${FunctionName}:${FunctionAlias} goes to version ${target}`;
  return { status: "InProgress", because, externalExecutionId: target, wakeAt: dueAt(next), kind: "wait", percentComplete: percent };
}

function putBack(scope: Scope, { configuration: { FunctionName = "", FunctionAlias } }: Run, { original }: LambdaDeployment): void {
  if (FunctionAlias === undefined || original === undefined || aliasOf(scope, FunctionName, FunctionAlias) === undefined) return;
  shiftAlias(scope, FunctionName, FunctionAlias, { version: original, weights: {} });
}

/** Such as Canary10Percent5Minutes or Linear10PercentEvery1Minute; undefined where it is none, or takes too long. */
function stepsOf(strategy: string): Step[] | undefined {
  if (strategy === "AllAtOnce") return [{ percent: 100, afterMinutes: 0 }];
  const [, kind, share, every] = /^(Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes?$/.exec(strategy) ?? [];
  const [percent, minutes] = [Number(share), Number(every)];
  if (!(percent >= 1 && percent < 100 && minutes >= 1)) return undefined;
  const count = kind === "Canary" ? 2 : Math.ceil(100 / percent);
  if ((count - 1) * minutes > WAIT_MAX_MINUTES) return undefined;
  return Array.from({ length: count }, (_, index) => ({
    percent: index === count - 1 ? 100 : (index + 1) * percent,
    afterMinutes: index * minutes,
  }));
}

const namesIn = (text = ""): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
