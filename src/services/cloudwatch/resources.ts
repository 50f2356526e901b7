import type { Reference } from "../../kernel/reference.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import {
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

/** Properties that hold numbers, which a template's parameters give as texts. */
const NUMBERS = ["Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold"];

const metricAlarm: ResourceType<Properties> = {
  type: "AWS::CloudWatch::Alarm",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const { AlarmName, Tags, ...rest } = declared;
      const numbers = NUMBERS.filter((name) => rest[name] !== undefined).map((name) => [name, Number(rest[name])]);
      const enabled = String(rest["ActionsEnabled"] ?? true) === "true";
      const settings = { ...rest, ...Object.fromEntries(numbers), ActionsEnabled: enabled } as MetricSettings;
      checkMetricAlarm(settings);
      const name = id ?? AlarmName ?? generatedName.slice(-255);
      if (id === undefined && alarms.get(scope, name) !== undefined) return alreadyExists("AWS::CloudWatch::Alarm", name);
      putAlarm(scope, name, {}, { kind: "metric", settings });
      alarms.patch(scope, name, { tags: { ...tagsOf(tags), ...tagsOf(Tags) } });
      return name;
    }),
  read: (scope, id) => live(alarms.get(scope, id)),
  remove(scope, id) {
    removeAlarm(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: alarmArn(scope, id) }),
};

const compositeAlarm: ResourceType<Properties> = {
  type: "AWS::CloudWatch::CompositeAlarm",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const { AlarmName, Tags, ...rest } = declared;
      const name = id ?? AlarmName ?? generatedName.slice(-255);
      if (id === undefined && alarms.get(scope, name) !== undefined) return alreadyExists("AWS::CloudWatch::CompositeAlarm", name);
      checkRule(scope, name, rest["AlarmRule"]);
      const enabled = String(rest["ActionsEnabled"] ?? true) === "true";
      putAlarm(scope, name, {}, { kind: "composite", settings: { ...rest, ActionsEnabled: enabled } as CompositeSettings });
      alarms.patch(scope, name, { tags: { ...tagsOf(tags), ...tagsOf(Tags) } });
      return name;
    }),
  read: (scope, id) => live(alarms.get(scope, id)),
  remove(scope, id) {
    removeAlarm(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: alarmArn(scope, id) }),
};

const dashboard: ResourceType<Properties> = {
  type: "AWS::CloudWatch::Dashboard",
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const name = id ?? declared["DashboardName"] ?? generatedName.slice(-255);
      if (id === undefined && dashboards.get(scope, name) !== undefined) return alreadyExists("AWS::CloudWatch::Dashboard", name);
      saveDashboard(scope, name, declared["DashboardBody"]);
      return name;
    }),
  read(scope, id) {
    const found = dashboards.get(scope, id);
    return found && { DashboardName: id, DashboardBody: found.body };
  },
  remove(scope, id) {
    dashboards.remove(scope, id);
    return { state: "done", id };
  },
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

function live(alarm: ReturnType<typeof alarms.get>): Properties | undefined {
  if (alarm === undefined) return undefined;
  return { AlarmName: alarm.id, ...alarm.settings, ...(Object.keys(alarm.tags).length > 0 && { Tags: tagList(alarm.tags) }) };
}
