import { present } from "../../kernel/json.ts";
import type { Reference } from "../../kernel/reference.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import {
  type Alarm,
  alarmArn,
  alarms,
  type CompositeSettings,
  checkMetricAlarm,
  checkRule,
  type MetricSettings,
  putAlarm,
  removeAlarm,
} from "./alarm.ts";
import { dashboards, saveDashboard } from "./dashboard.ts";

type Properties = Readonly<Record<string, any>>;

/** Nothing here computes bands, looks at few samples differently, or evaluates PromQL. */
const METRIC_ABSENT = {
  EvaluateLowSampleCountPercentile: ["evaluate"],
  EvaluationCriteria: [],
  EvaluationInterval: [],
  EvaluationWindow: [],
  ThresholdMetricId: [],
  WarmUpConfiguration: [],
  "Metrics/AccountId": [],
};

/** Properties that hold numbers, which a template's parameters give as texts. */
const NUMBERS = ["Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold"];

const metricAlarm: ResourceType<Properties> = {
  type: "AWS::CloudWatch::Alarm",
  absent: METRIC_ABSENT,
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const { AlarmName, Tags, ...rest } = declared;
      const numbers = NUMBERS.filter((name) => rest[name] !== undefined).map((name) => [name, Number(rest[name])]);
      const enabled = String(rest["ActionsEnabled"] ?? true) === "true";
      const settings = { ...rest, ...Object.fromEntries(numbers), ActionsEnabled: enabled } as MetricSettings;
      checkMetricAlarm(settings);
      const name = id ?? AlarmName ?? nameWithin(255, generatedName, logicalId);
      if (id === undefined && alarms.get(scope, name) !== undefined) return alreadyExists("AWS::CloudWatch::Alarm", name);
      putAlarm(scope, name, {}, { kind: "metric", settings });
      alarms.patch(scope, name, { tags: allTags(tags, Tags) });
      return name;
    }),
  read: (scope, id) => live(scope, id, "metric"),
  remove(scope, id) {
    removeAlarm(scope, id);
    return { state: "done", id };
  },
  list: (scope) => namesOf(scope, "metric"),
};

const compositeAlarm: ResourceType<Properties> = {
  type: "AWS::CloudWatch::CompositeAlarm",
  absent: { ActionsSuppressor: [], ActionsSuppressorExtensionPeriod: [], ActionsSuppressorWaitPeriod: [] },
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const { AlarmName, Tags, ...rest } = declared;
      const name = id ?? AlarmName ?? nameWithin(255, generatedName, logicalId);
      if (id === undefined && alarms.get(scope, name) !== undefined) return alreadyExists("AWS::CloudWatch::CompositeAlarm", name);
      checkRule(scope, name, rest["AlarmRule"]);
      const enabled = String(rest["ActionsEnabled"] ?? true) === "true";
      putAlarm(scope, name, {}, { kind: "composite", settings: { ...rest, ActionsEnabled: enabled } as CompositeSettings });
      alarms.patch(scope, name, { tags: allTags(tags, Tags) });
      return name;
    }),
  read: (scope, id) => live(scope, id, "composite"),
  remove(scope, id) {
    removeAlarm(scope, id);
    return { state: "done", id };
  },
  list: (scope) => namesOf(scope, "composite"),
};

const dashboard: ResourceType<Properties> = {
  type: "AWS::CloudWatch::Dashboard",
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name = id ?? declared["DashboardName"] ?? nameWithin(255, generatedName, logicalId);
      if (id === undefined && dashboards.get(scope, name) !== undefined) return alreadyExists("AWS::CloudWatch::Dashboard", name);
      saveDashboard(scope, name, declared["DashboardBody"], {});
      dashboards.patch(scope, name, { tags: allTags(tags, declared["Tags"]) });
      return name;
    }),
  read(scope, id) {
    const found = dashboards.get(scope, id);
    return found && present({ DashboardName: id, DashboardBody: found.body, Tags: tagList(found.tags) });
  },
  remove(scope, id) {
    dashboards.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => dashboards.list(scope).map(({ id }) => id),
};

export const cloudwatchResources = [metricAlarm, compositeAlarm, dashboard];

/** The state of an alarm, by its ARN or name: rollback triggers, deployment groups and stage conditions ask for it. */
export const alarmReference: Reference = {
  kind: "alarm",
  resolve(scope, name) {
    const home = name.startsWith("arn:") ? scope.at(name) : scope;
    const alarm = alarms.get(home, name.split(":alarm:").at(-1)!);
    return alarm === undefined ? { state: "absent", reason: `There is no alarm ${name}.` } : { state: "value", value: alarm.state };
  },
};

function live(scope: Scope, name: string, kind: Alarm["kind"]): Properties | undefined {
  const alarm = alarms.get(scope, name);
  if (alarm?.kind !== kind) return undefined;
  return present({ ...alarm.settings, AlarmName: name, Arn: alarmArn(scope, name), Tags: tagList(alarm.tags) });
}

const namesOf = (scope: Scope, kind: Alarm["kind"]): string[] =>
  alarms
    .list(scope)
    .filter((alarm) => alarm.kind === kind)
    .map(({ id }) => id);
