import { alexaSkill } from "./alexa-skill.ts";
import { mq } from "./broker.ts";
import { cloudWatchLogs } from "./cloudwatch-logs.ts";
import { cognito } from "./cognito.ts";
import { documentDb } from "./document-db.ts";
import { cloudWatchEvent, eventBridgeRule, schedule } from "./event-bridge.ts";
import type { EventSource } from "./event-source.ts";
import { httpApi } from "./http-api.ts";
import { iotRule } from "./iot-rule.ts";
import { msk, selfManagedKafka } from "./kafka.ts";
import { restApi } from "./rest-api.ts";
import { s3 } from "./s3.ts";
import { scheduleV2 } from "./scheduler.ts";
import { sns } from "./sns.ts";
import { dynamoDb, kinesis, queue } from "./stream.ts";

/** The events that a function may have. */
const all: readonly EventSource[] = [
  alexaSkill,
  cloudWatchEvent,
  cloudWatchLogs,
  cognito,
  documentDb,
  dynamoDb,
  eventBridgeRule,
  httpApi,
  iotRule,
  kinesis,
  mq,
  msk,
  queue,
  restApi,
  s3,
  schedule,
  scheduleV2,
  selfManagedKafka,
  sns,
];

export const eventSources: ReadonlyMap<string, EventSource> = new Map(all.map((source) => [source.type, source]));
