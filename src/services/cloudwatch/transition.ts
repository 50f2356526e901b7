import type { Scope } from "../../kernel/scope.ts";
import type { StateValue } from "../../sdk/cloudwatch.js";
import { actions } from "./action.ts";
import { type Alarm, alarmArn, alarms } from "./alarm.ts";
import { record } from "./history.ts";

/** What an evaluation found, or somebody set. */
export interface Verdict {
  readonly state: StateValue;
  readonly reason: string;
  readonly reasonData?: string;
}

/** Put an alarm into a state; if that is another one than before, say so to everybody and take its actions. */
export function transition(scope: Scope, alarm: Alarm, { state, reason, reasonData }: Verdict, also: Partial<Alarm> = {}): void {
  const now = scope.clock.now();
  if (state === alarm.state) {
    alarms.put(scope, { ...alarm, ...also } as Alarm);
    return;
  }
  const transitions = alarm.transitions + 1;
  const { reasonData: _, ...rest } = alarm;
  const next = {
    ...rest,
    ...also,
    state,
    reason,
    ...(reasonData !== undefined && { reasonData }),
    updatedAt: now,
    changedAt: now,
    transitions,
  } as Alarm;
  alarms.put(scope, next);
  announce(scope, alarm, next);
  if (next.settings.ActionsEnabled === false) return;
  for (const action of actionsFor(next)) act(scope, alarm, next, action);
}

function announce(scope: Scope, before: Alarm, after: Alarm): void {
  const summary = `Alarm updated from ${before.state} to ${after.state}`;
  record(scope, after, "StateUpdate", summary, { version: "1.0", oldState: told(before), newState: told(after) });
  scope.emit({
    source: "aws.cloudwatch",
    detailType: "CloudWatch Alarm State Change",
    resources: [alarmArn(scope, after.id)],
    detail: { alarmName: after.id, state: toldTo(after), previousState: toldTo(before), configuration: configurationOf(after) },
  });
}

function act(scope: Scope, before: Alarm, after: Alarm, action: string): void {
  const id = `cloudwatch/${after.id}/${after.changedAt}/${after.transitions}/${action}`;
  const subject = `${after.state}: "${after.id}" in ${scope.region}`.slice(0, 100);
  const payload = action.includes(":sns:") ? notification(scope, before, after) : invocation(scope, before, after);
  const context = { sourceArn: alarmArn(scope, after.id), subject };
  scope.deliver(id, action, payload, { from: "cloudwatch.amazonaws.com", context, attemptsMax: 3 });
  actions.put(scope, { id, alarm: after.id, kind: after.kind, action, stateUpdatedAt: after.updatedAt });
}

function actionsFor({ state, settings: { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } }: Alarm): readonly string[] {
  switch (state) {
    case "ALARM":
      return AlarmActions;
    case "OK":
      return OKActions;
    default:
      return InsufficientDataActions;
  }
}

/** What SNS is given. */
function notification(scope: Scope, before: Alarm, after: Alarm): string {
  const { kind, settings } = after;
  const time = `${new Date(after.updatedAt).toISOString().slice(0, 23)}+0000`;
  const common = {
    AlarmName: after.id,
    AlarmDescription: settings.AlarmDescription ?? null,
    AWSAccountId: scope.account,
    AlarmConfigurationUpdatedTimestamp: new Date(after.configuredAt).toISOString(),
    NewStateValue: after.state,
    NewStateReason: after.reason,
    StateChangeTime: time,
    Region: scope.region,
    AlarmArn: alarmArn(scope, after.id),
    OldStateValue: before.state,
    OKActions: settings.OKActions ?? [],
    AlarmActions: settings.AlarmActions ?? [],
    InsufficientDataActions: settings.InsufficientDataActions ?? [],
  };
  if (kind === "composite") return JSON.stringify({ ...common, AlarmRule: settings.AlarmRule });
  const { MetricName, Namespace, Statistic, ExtendedStatistic, Unit, Dimensions = [], Period, Metrics } = settings;
  const metric = {
    MetricName,
    Namespace,
    StatisticType: Statistic ? "Statistic" : "ExtendedStatistic",
    Statistic: (Statistic ?? ExtendedStatistic)?.toUpperCase(),
    Unit: Unit ?? null,
    Dimensions: Dimensions.map(({ Name, Value }) => ({ value: Value, name: Name })),
    Period,
  };
  const { EvaluationPeriods, DatapointsToAlarm, ComparisonOperator, Threshold, TreatMissingData = "missing" } = settings;
  const rest = {
    EvaluationPeriods,
    DatapointsToAlarm,
    ComparisonOperator,
    Threshold,
    TreatMissingData,
    EvaluateLowSampleCountPercentile: "",
  };
  return JSON.stringify({ ...common, Trigger: { ...(Metrics === undefined ? metric : { Metrics }), ...rest } });
}

/** What a function is given. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const invocation = (scope: Scope, before: Alarm, after: Alarm): string =>
  JSON.stringify({
    source: "aws.cloudwatch",
    alarmArn: alarmArn(scope, after.id),
    accountId: scope.account,
    time: instant(after.updatedAt),
    region: scope.region,
    alarmData: { alarmName: after.id, state: toldTo(after), previousState: toldTo(before), configuration: configurationOf(after) },
  });

const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 23)}+0000`;

const told = ({ state, reason, reasonData }: Alarm): object => ({
  stateValue: state,
  stateReason: reason,
  ...(reasonData !== undefined && { stateReasonData: JSON.parse(reasonData) }),
});

const toldTo = ({ state, reason, reasonData, updatedAt }: Alarm): object => ({
  value: state,
  reason,
  ...(reasonData !== undefined && { reasonData }),
  timestamp: instant(updatedAt),
});

function configurationOf({ kind, settings }: Alarm): object {
  const description = settings.AlarmDescription === undefined ? {} : { description: settings.AlarmDescription };
  if (kind === "composite") {
    const { AlarmRule, AlarmActions = [], OKActions = [] } = settings;
    return { ...description, alarmRule: AlarmRule, actions: AlarmActions, okActions: OKActions };
  }
  const { Metrics, Namespace, MetricName, Dimensions = [], Period, Statistic, ExtendedStatistic } = settings;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  const single = {
    id: "m1",
    metricStat: { metric: { namespace: Namespace, name: MetricName, dimensions }, period: Period, stat: Statistic ?? ExtendedStatistic },
    returnData: true,
  };
  const several = Metrics?.map(({ Id, Expression, Label, ReturnData }) => ({
    id: Id,
    expression: Expression,
    label: Label,
    returnData: ReturnData,
  }));
  return { ...description, metrics: several ?? [single] };
}
