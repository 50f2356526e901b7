import { logLines } from "../../kernel/facts.ts";
import { service } from "../../kernel/service.ts";
import * as event from "./event.ts";
import { retentionLoop } from "./group.loop.ts";
import * as group from "./group.ts";
import { logsResources } from "./resources.ts";
import * as stream from "./stream.ts";

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
    group.putRetentionPolicy,
    group.tagLogGroup,
    group.tagResource,
    group.untagLogGroup,
    group.untagResource,
    stream.createLogStream,
    stream.deleteLogStream,
    stream.describeLogStreams,
  ],
  tables: [group.logGroups, stream.logStreams],
  streams: [logLines],
  loops: [retentionLoop],
  consumers: [stream.streamsComeToBe],
  resources: logsResources,
});
