import { idsFrom } from "../../kernel/id.ts";
import { present, sameJson } from "../../kernel/json.ts";
import { attempt, type Progress, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import {
  changeMapping,
  type EventSourceMapping,
  mappingArn,
  mappings,
  newMapping,
  type Said,
  type Settings,
  settingsOf,
} from "./event-source.ts";
import { requireQualified } from "./qualifier.ts";

type Properties = Readonly<Record<string, any>>;

/** What is for streams, and what Lambda has for queues besides. */
const ABSENT = [
  "AmazonManagedKafkaEventSourceConfig",
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "DocumentDBEventSourceConfig",
  "KmsKeyArn",
  "LoggingConfig",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "MetricsConfig",
  "ParallelizationFactor",
  "ProvisionedPollerConfig",
  "Queues",
  "SelfManagedEventSource",
  "SelfManagedKafkaEventSourceConfig",
  "SourceAccessConfigurations",
  "StartingPosition",
  "StartingPositionTimestamp",
  "Topics",
  "TumblingWindowInSeconds",
];

/** Its id is its UUID. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html */
export const eventSourceMappingResource: ResourceType<Properties> = {
  type: "AWS::Lambda::EventSourceMapping",
  absent: Object.fromEntries(ABSENT.map((name) => [name, []])),
  ensure: (scope, declared, id, { token, tags }) =>
    attempt(
      scope,
      () => {
        const uuid = id ?? idsFrom(token).uuid();
        const known = mappings.get(scope, uuid);
        const settings = settingsOf(requireQualified(scope, declared["FunctionName"]), declared["EventSourceArn"], saidIn(declared));
        const enabled = String(declared["Enabled"] ?? true) === "true";
        const own = allTags(tags, declared["Tags"]);
        if (known === undefined) newMapping(scope, uuid, { sourceArn: declared["EventSourceArn"], settings, enabled, tags: own });
        else if (isSettled(known) && !isAsWanted(known, settings, enabled)) changeMapping(scope, known, settings, enabled);
        mappings.patch(scope, uuid, { tags: own, functionGivenAs: declared["FunctionName"] });
        return settled(scope, uuid);
      },
      id,
    ),
  read(scope, id) {
    const mapping = mappings.get(scope, id);
    return mapping && live(scope, mapping);
  },
  remove(scope, id) {
    const mapping = mappings.get(scope, id);
    if (mapping === undefined) return { state: "done", id };
    if (mapping.state !== "Deleting") mappings.patch(scope, id, { state: "Deleting" });
    return { state: "busy", id, because: "the event source mapping is being deleted" };
  },
  list: (scope) => mappings.list(scope).map(({ id }) => id),
};

const isSettled = ({ state }: EventSourceMapping): boolean => state === "Enabled" || state === "Disabled";

const isAsWanted = (known: EventSourceMapping, settings: Settings, enabled: boolean): boolean =>
  (known.state === "Enabled") === enabled && sameJson(settingsIn(known), settingsIn(settings));

const settingsIn = ({ functionName, qualifier, batchSize, windowSeconds, maximumConcurrency, responseTypes, filters }: Settings) => ({
  functionName,
  qualifier,
  batchSize,
  windowSeconds,
  maximumConcurrency,
  responseTypes,
  filters,
});

function settled(scope: Scope, id: string): Progress {
  const { state } = mappings.get(scope, id)!;
  if (state === "Enabled" || state === "Disabled") return { state: "done", id };
  return { state: "busy", id, because: `the event source mapping is ${state}` };
}

function saidIn(declared: Properties): Said {
  const { BatchSize, MaximumBatchingWindowInSeconds: window, ScalingConfig, FunctionResponseTypes, FilterCriteria } = declared;
  return {
    ...(BatchSize !== undefined && { BatchSize: Number(BatchSize) }),
    ...(window !== undefined && { MaximumBatchingWindowInSeconds: Number(window) }),
    ...(ScalingConfig !== undefined && { ScalingConfig: { MaximumConcurrency: Number(ScalingConfig.MaximumConcurrency) } }),
    ...(FunctionResponseTypes !== undefined && { FunctionResponseTypes }),
    ...(FilterCriteria !== undefined && { FilterCriteria }),
  };
}

function live(scope: Scope, mapping: EventSourceMapping): Properties {
  const { id, functionName, maximumConcurrency, state, tags, filters } = mapping;
  return present({
    Id: id,
    EventSourceMappingArn: mappingArn(scope, id),
    EventSourceArn: mapping.sourceArn,
    FunctionName: mapping.functionGivenAs ?? functionName,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.windowSeconds,
    FunctionResponseTypes: mapping.responseTypes,
    ScalingConfig: maximumConcurrency && { MaximumConcurrency: maximumConcurrency },
    FilterCriteria: filters && { Filters: filters.map((Pattern) => ({ Pattern })) },
    Enabled: state !== "Disabled" && state !== "Disabling",
    Tags: tagList(tags),
  });
}
