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

export const cloudwatch = service({
  name: "cloudwatch",
  operations: [
    alarm.deleteAlarms,
    alarm.describeAlarms,
    alarm.describeAlarmsForMetric,
    alarm.disableAlarmActions,
    alarm.enableAlarmActions,
    alarm.listTagsForResource,
    alarm.putCompositeAlarm,
    alarm.putMetricAlarm,
    alarm.setAlarmState,
    alarm.tagResource,
    alarm.untagResource,
    dashboard.deleteDashboards,
    dashboard.getDashboard,
    dashboard.listDashboards,
    dashboard.putDashboard,
    describeAlarmHistory,
    metric.getMetricData,
    metric.getMetricStatistics,
    metric.listMetrics,
    metric.putMetricData,
  ],
  tables: [alarm.alarms, actions, dashboard.dashboards],
  streams: [metrics, history],
  loops: [alarmLoop, actionLoop],
  resources: cloudwatchResources,
  references: [alarmReference],
});
