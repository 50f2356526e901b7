import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  type CompositeAlarm,
  DeleteAlarms$,
  DescribeAlarms$,
  DescribeAlarmsForMetric$,
  DisableAlarmActions$,
  EnableAlarmActions$,
  InvalidFormatFault,
  InvalidNextToken,
  type MetricAlarm,
  PutCompositeAlarm$,
  PutMetricAlarm$,
  ResourceNotFound,
  SetAlarmState$,
  type StateValue,
} from "../../sdk/cloudwatch.js";
import { type AlarmRule, parseAlarmRule } from "./alarm-rule.ts";
import { record } from "./history.ts";
import { dimensionsOf } from "./metric.ts";
import { periodOf, type Query } from "./query.ts";
import { statistic } from "./statistics.ts";
import { transition } from "./transition.ts";

/** What was asked for of an alarm on metrics, as the API names it. */
export type MetricSettings = Omit<Stored<MetricAlarm>, "AlarmName" | "AlarmArn" | `State${string}` | "AlarmConfigurationUpdatedTimestamp">;

/** What was asked for of an alarm on other alarms. */
export type CompositeSettings = Pick<
  Stored<CompositeAlarm>,
  "AlarmRule" | "AlarmDescription" | "ActionsEnabled" | "AlarmActions" | "OKActions" | "InsufficientDataActions"
>;

/** An alarm, by its name. */
export type Alarm = Row & {
  readonly state: StateValue;
  readonly reason: string;
  readonly reasonData?: string;
  /** When the state was last set. */
  readonly updatedAt: number;
  /** When the state last became another one. */
  readonly changedAt: number;
  readonly configuredAt: number;
  /** How often the state has changed: ids of what a change sends derive from it. */
  readonly transitions: number;
  /** Somebody set the state: it stays until the end of the period that ran then. */
  readonly heldUntil?: number;
  readonly tags: Tags;
} & ({ readonly kind: "metric"; readonly settings: MetricSettings } | { readonly kind: "composite"; readonly settings: CompositeSettings });

export const alarms = new Table<Alarm>("cloudwatch/alarm", {
  arn: ({ id }, { account, region }) => `arn:aws:cloudwatch:${region}:${account}:alarm:${id}`,
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export const putMetricAlarm = operation(PutMetricAlarm$, (scope, { AlarmName, Tags, ...input }) => {
  checkMetricAlarm(input);
  putAlarm(scope, AlarmName!, tagsOf(Tags), { kind: "metric", settings: stored({ ActionsEnabled: true, ...input }) as MetricSettings });
  return {};
});

export const putCompositeAlarm = operation(
  PutCompositeAlarm$,
  (scope, { AlarmName, Tags, AlarmRule, ...input }) => {
    checkRule(scope, AlarmName!, AlarmRule!);
    putAlarm(scope, AlarmName!, tagsOf(Tags), {
      kind: "composite",
      settings: stored({ ActionsEnabled: true, AlarmRule, ...input }) as CompositeSettings,
    });
    return {};
  },
  { partial: "actions suppressors are not implemented" },
);

export const describeAlarms = operation(DescribeAlarms$, (scope, input) => {
  const { AlarmNames, AlarmNamePrefix = "", AlarmTypes = ["MetricAlarm"], StateValue, ActionPrefix, MaxRecords = 50, NextToken } = input;
  const types: readonly string[] = AlarmTypes;
  const found = alarms.list(scope, AlarmNamePrefix).filter((alarm) => {
    if (AlarmNames !== undefined && !AlarmNames.includes(alarm.id)) return false;
    if (StateValue !== undefined && alarm.state !== StateValue) return false;
    if (ActionPrefix !== undefined && !actionsOf(alarm).some((arn) => arn.startsWith(ActionPrefix))) return false;
    return types.includes(alarm.kind === "metric" ? "MetricAlarm" : "CompositeAlarm");
  });
  const { items, nextToken } = page(
    found,
    ({ id }) => id,
    MaxRecords,
    NextToken,
    () => fault(InvalidNextToken, "Invalid token"),
  );
  return {
    MetricAlarms: items.flatMap((alarm) => (alarm.kind === "metric" ? [shown(scope, alarm) as MetricAlarm] : [])),
    CompositeAlarms: items.flatMap((alarm) => (alarm.kind === "composite" ? [shown(scope, alarm) as CompositeAlarm] : [])),
    ...(nextToken && { NextToken: nextToken }),
  };
});

export const describeAlarmsForMetric = operation(
  DescribeAlarmsForMetric$,
  (scope, { Namespace, MetricName, Dimensions, Statistic, Period }) => {
    const wanted = JSON.stringify(Object.entries(dimensionsOf(Dimensions)).sort());
    const found = alarms.list(scope).filter(({ kind, settings }) => {
      if (kind !== "metric") return false;
      const metric = settings as MetricSettings;
      return (
        metric.Namespace === Namespace &&
        metric.MetricName === MetricName &&
        JSON.stringify(Object.entries(dimensionsOf(metric.Dimensions as any)).sort()) === wanted &&
        (Statistic === undefined || metric.Statistic === Statistic) &&
        (Period === undefined || metric.Period === Period)
      );
    });
    return { MetricAlarms: found.map((alarm) => shown(scope, alarm) as MetricAlarm) };
  },
);

export const deleteAlarms = operation(DeleteAlarms$, (scope, { AlarmNames = [] }) => {
  for (const name of AlarmNames) removeAlarm(scope, name);
  return {};
});

export const setAlarmState = operation(SetAlarmState$, (scope, { AlarmName, StateValue, StateReason, StateReasonData }) => {
  const alarm = alarms.get(scope, AlarmName!) ?? fault(ResourceNotFound, "");
  if (StateReasonData !== undefined && !isJson(StateReasonData)) fault(InvalidFormatFault, "TestAlarm StateReasonData is not valid JSON.");
  const verdict = { state: StateValue!, reason: StateReason!, ...(StateReasonData !== undefined && { reasonData: StateReasonData }) };
  transition(scope, alarm, verdict, alarm.kind === "metric" ? { heldUntil: endOfPeriod(alarm.settings, scope.clock.now()) } : {});
  return {};
});

export const enableAlarmActions = operation(EnableAlarmActions$, (scope, { AlarmNames = [] }) => switchActions(scope, AlarmNames, true));

export const disableAlarmActions = operation(DisableAlarmActions$, (scope, { AlarmNames = [] }) => switchActions(scope, AlarmNames, false));

/** Make an alarm, or change one; its state and history stay, and it is evaluated anew. */
export function putAlarm(scope: Scope, name: string, tags: Tags, what: Pick<Alarm, "kind" | "settings">): Alarm {
  const now = scope.clock.now();
  const known = alarms.get(scope, name);
  if (known !== undefined && known.kind !== what.kind) fault("ValidationError", `An alarm of another type is named ${name} already.`);
  const fresh = {
    state: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    updatedAt: now,
    changedAt: now,
    transitions: 0,
    tags,
  } as const;
  const { heldUntil: _, ...kept } = known ?? (fresh as Partial<Alarm>);
  const alarm = { id: name, ...kept, configuredAt: now, ...what } as Alarm;
  record(scope, alarm, "ConfigurationUpdate", known === undefined ? `Alarm "${name}" created` : `Alarm "${name}" updated`, {
    version: "1.0",
    type: known === undefined ? "Create" : "Update",
  });
  return alarms.put(scope, alarm);
}

export function removeAlarm(scope: Scope, name: string): void {
  const alarm = alarms.get(scope, name);
  if (alarm === undefined) return;
  record(scope, alarm, "ConfigurationUpdate", `Alarm "${name}" deleted`, { version: "1.0", type: "Delete" });
  alarms.remove(scope, name);
}

/** The rule of a composite alarm, refused where it is none or names an alarm that is not there. */
export function checkRule(scope: Scope, name: string, text: string): AlarmRule {
  const rule = parseAlarmRule(text) ?? fault("ValidationError", "AlarmRule is not valid.");
  const missing = rule.names.find((other) => alarms.get(scope, other) === undefined);
  if (missing !== undefined)
    fault("ValidationError", `Could not save the composite alarm as alarms [${missing}] in the alarm rule do not exist`);
  if (rule.names.includes(name)) fault("ValidationError", "A composite alarm cannot depend on itself.");
  return rule;
}

export function checkMetricAlarm(input: Readonly<Record<string, any>>): void {
  const refuse = (message: string): never => fault("ValidationError", message);
  const { MetricName, Namespace, Metrics, Statistic, ExtendedStatistic, Period, EvaluationPeriods, DatapointsToAlarm, TreatMissingData } =
    input;
  if (Metrics === undefined) {
    if (MetricName === undefined || Namespace === undefined) refuse("The parameters MetricName and Namespace are required, or Metrics.");
    if ((Statistic === undefined) === (ExtendedStatistic === undefined))
      refuse("Exactly one of the parameters Statistic and ExtendedStatistic must be specified.");
    if (ExtendedStatistic !== undefined && statistic(ExtendedStatistic) === undefined)
      refuse(`The value ${ExtendedStatistic} for parameter ExtendedStatistic is not supported.`);
    if (Period === undefined || !([10, 20, 30].includes(Period) || Period % 60 === 0))
      refuse("Period must be 10, 20, 30 or a multiple of 60");
  } else {
    if (MetricName !== undefined) refuse("The parameters Metrics and MetricName are mutually exclusive.");
    if (Metrics.filter(({ ReturnData }: { ReturnData?: boolean }) => ReturnData !== false).length !== 1)
      refuse("Exactly one element of the Metrics list should return data.");
  }
  if (input["ThresholdMetricId"] !== undefined) fault("NotImplemented", "Anomaly detection is not implemented.", 501);
  if (EvaluationPeriods === undefined || EvaluationPeriods < 1) refuse("The parameter EvaluationPeriods must be at least 1.");
  if (DatapointsToAlarm !== undefined && (DatapointsToAlarm < 1 || DatapointsToAlarm > EvaluationPeriods)) {
    refuse("The DatapointsToAlarm parameter must be greater than 0 and no more than EvaluationPeriods.");
  }
  if (TreatMissingData !== undefined && !["breaching", "notBreaching", "ignore", "missing"].includes(TreatMissingData))
    refuse(
      `Option ${TreatMissingData} is not supported. Supported options for TreatMissingData are [breaching, notBreaching, ignore, missing].`,
    );
  if (input["Threshold"] === undefined) refuse("The parameter Threshold is required.");
}

export const alarmArn = (scope: Scope, name: string): string => scope.arn("cloudwatch", `alarm:${name}`);

/** How long a period of an alarm is, in milliseconds. */
export function periodMsOf(settings: MetricSettings): number {
  const queries = queriesOf(settings);
  return periodOf(queries, queries.find(({ ReturnData }) => ReturnData !== false)!) * 1000;
}

/** The end of the alarm's period that an instant lies in. */
export function endOfPeriod(settings: MetricSettings, instant: number): number {
  const periodMs = periodMsOf(settings);
  return (Math.floor(instant / periodMs) + 1) * periodMs;
}

/** What an alarm computes from metrics: its own queries, or the one metric that it names. */
export const queriesOf = (settings: MetricSettings): readonly Query[] => settings.Metrics ?? [singleQuery(settings)];

const singleQuery = ({ Namespace, MetricName, Dimensions = [], Period, Statistic, ExtendedStatistic, Unit }: MetricSettings): Query =>
  ({
    Id: "m1",
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions },
      Period,
      Stat: Statistic ?? ExtendedStatistic,
      ...(Unit !== undefined && { Unit }),
    },
    ReturnData: true,
  }) as Query;

const actionsOf = ({ settings: { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } }: Alarm): string[] => [
  ...AlarmActions,
  ...OKActions,
  ...InsufficientDataActions,
];

/** An alarm as the API shows it. */
export function shown(scope: Scope, alarm: Alarm): MetricAlarm | CompositeAlarm {
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = alarm.settings;
  const defaults = alarm.kind === "metric" ? { Dimensions: [] } : {};
  return {
    ...defaults,
    ...alarm.settings,
    AlarmName: alarm.id,
    AlarmArn: alarmArn(scope, alarm.id),
    AlarmActions,
    OKActions,
    InsufficientDataActions,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    StateValue: alarm.state,
    StateReason: alarm.reason,
    ...(alarm.reasonData !== undefined && { StateReasonData: alarm.reasonData }),
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    StateTransitionedTimestamp: new Date(alarm.changedAt),
  } as MetricAlarm | CompositeAlarm;
}

function switchActions(scope: Scope, names: readonly string[], enabled: boolean): object {
  for (const name of names) {
    const alarm = alarms.get(scope, name);
    if (alarm !== undefined) alarms.put(scope, { ...alarm, settings: { ...alarm.settings, ActionsEnabled: enabled } } as Alarm);
  }
  return {};
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
