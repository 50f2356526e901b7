import { logLines } from "../../kernel/facts.ts";
import { service } from "../../kernel/service.ts";
import * as event from "./event.ts";
import { retentionLoop } from "./group.loop.ts";
import * as group from "./group.ts";
import { linesArrive } from "./line.ts";
import * as metric from "./metric-filter.ts";
import * as query from "./query-definition.ts";
import { deleteResourcePolicy, describeResourcePolicies, putResourcePolicy, resourcePolicies } from "./resource-policy.ts";
import { logsResources } from "./resources.ts";
import * as stream from "./stream.ts";
import * as subscription from "./subscription-filter.ts";

export const cloudwatchLogs = service({
  name: "cloudwatch-logs",
  operations: [
    event.filterLogEvents,
    event.getLogEvents,
    event.putLogEvents,
    group.createLogGroup,
    group.deleteLogGroup,
    group.deleteRetentionPolicy,
    group.describeLogGroups,
    group.listTagsForResource,
    group.listTagsLogGroup,
    group.putLogGroupDeletionProtection,
    group.putRetentionPolicy,
    group.tagLogGroup,
    group.tagResource,
    group.untagLogGroup,
    group.untagResource,
    metric.deleteMetricFilter,
    metric.describeMetricFilters,
    metric.putMetricFilter,
    metric.testMetricFilter,
    query.deleteQueryDefinition,
    query.describeQueryDefinitions,
    query.putQueryDefinition,
    deleteResourcePolicy,
    describeResourcePolicies,
    putResourcePolicy,
    stream.createLogStream,
    stream.deleteLogStream,
    stream.describeLogStreams,
    subscription.deleteSubscriptionFilter,
    subscription.describeSubscriptionFilters,
    subscription.putSubscriptionFilter,
  ],
  tables: [
    group.logGroups,
    metric.metricFilters,
    query.queryDefinitions,
    resourcePolicies,
    stream.logStreams,
    subscription.subscriptionFilters,
  ],
  streams: [logLines],
  loops: [retentionLoop],
  consumers: [linesArrive],
  resources: logsResources,
});
