import { metrics } from "../../kernel/facts.ts";
import { service } from "../../kernel/service.ts";
import { actionLoop } from "./action.loop.ts";
import { actions } from "./action.ts";
import { alarmLoop } from "./alarm.loop.ts";
import * as alarm from "./alarm.ts";
import * as dashboard from "./dashboard.ts";
import { describeAlarmHistory, history } from "./history.ts";
import * as metric from "./metric.ts";
import { alarmReference, cloudwatchResources } from "./resources.ts";
import * as tag from "./tag.ts";

export const cloudwatch = service({
  name: "cloudwatch",
  operations: [
    alarm.deleteAlarms,
    alarm.describeAlarms,
    alarm.describeAlarmsForMetric,
    alarm.disableAlarmActions,
    alarm.enableAlarmActions,
    alarm.putCompositeAlarm,
    alarm.putMetricAlarm,
    alarm.setAlarmState,
    dashboard.deleteDashboards,
    dashboard.getDashboard,
    dashboard.listDashboards,
    dashboard.putDashboard,
    describeAlarmHistory,
    metric.getMetricData,
    metric.getMetricStatistics,
    metric.listMetrics,
    metric.putMetricData,
    tag.listTagsForResource,
    tag.tagResource,
    tag.untagResource,
  ],
  tables: [alarm.alarms, actions, dashboard.dashboards],
  streams: [metrics, history],
  loops: [alarmLoop, actionLoop],
  resources: cloudwatchResources,
  references: [alarmReference],
});
