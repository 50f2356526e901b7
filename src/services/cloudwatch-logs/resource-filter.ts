import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { requireGroup } from "./group.ts";
import { filterId, type MetricFilter, metricFilters, saveMetricFilter } from "./metric-filter.ts";
import { saveSubscriptionFilter, subscriptionFilters } from "./subscription-filter.ts";

type Properties = Readonly<Record<string, any>>;
type Transformation = MetricFilter["transformations"][number];

const ABSENT = { ApplyOnTransformedLogs: [false], FieldSelectionCriteria: [] };

/** Its id is GROUP|FILTER. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-metricfilter.html */
export const metricFilterResource: ResourceType<Properties> = {
  type: "AWS::Logs::MetricFilter",
  absent: { ...ABSENT, EmitSystemFieldDimensions: [] },
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const { id: group } = requireGroup(scope, declared["LogGroupName"]);
      const name: string = id === undefined ? (declared["FilterName"] ?? generatedName) : id.slice(id.lastIndexOf("|") + 1);
      if (id === undefined && metricFilters.get(scope, filterId(group, name)) !== undefined)
        return alreadyExists("AWS::Logs::MetricFilter", `${group}|${name}`);
      const transformations = (declared["MetricTransformations"] as Properties[]).map(transformationFrom);
      saveMetricFilter(scope, { group, name, pattern: declared["FilterPattern"], transformations });
      return `${group}|${name}`;
    }),
  read(scope, id) {
    const filter = metricFilters.get(scope, id.replace("|", ":"));
    if (filter === undefined) return undefined;
    return {
      LogGroupName: filter.group,
      FilterName: filter.name,
      FilterPattern: filter.pattern,
      MetricTransformations: filter.transformations.map(transformationTo),
      ApplyOnTransformedLogs: false,
    };
  },
  remove(scope, id) {
    metricFilters.remove(scope, id.replace("|", ":"));
    return { state: "done", id };
  },
  ref: (_scope, id) => id.slice(id.indexOf("|") + 1),
  list: (scope) => metricFilters.list(scope).map(({ group, name }) => `${group}|${name}`),
};

/** Its id is FILTER|GROUP. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html */
export const subscriptionFilterResource: ResourceType<Properties> = {
  type: "AWS::Logs::SubscriptionFilter",
  absent: { ...ABSENT, EmitSystemFields: [] },
  ensure: (scope, declared, id, { generatedName }) =>
    attempt(scope, () => {
      const { id: group } = requireGroup(scope, declared["LogGroupName"]);
      const name: string = id === undefined ? (declared["FilterName"] ?? generatedName) : id.split("|")[0];
      if (id === undefined && subscriptionFilters.get(scope, filterId(group, name)) !== undefined)
        return alreadyExists("AWS::Logs::SubscriptionFilter", `${name}|${group}`);
      const { FilterPattern: pattern, DestinationArn: destinationArn, Distribution: distribution = "ByLogStream", RoleArn } = declared;
      const role = RoleArn === undefined ? {} : { roleArn: RoleArn };
      saveSubscriptionFilter(scope, { group, name, pattern, destinationArn, distribution, ...role });
      return `${name}|${group}`;
    }),
  read(scope, id) {
    const filter = subscriptionFilters.get(scope, rowIdOf(id));
    if (filter === undefined) return undefined;
    return {
      ...present({ RoleArn: filter.roleArn }),
      LogGroupName: filter.group,
      FilterName: filter.name,
      FilterPattern: filter.pattern,
      DestinationArn: filter.destinationArn,
      Distribution: filter.distribution,
      ApplyOnTransformedLogs: false,
    };
  },
  remove(scope, id) {
    subscriptionFilters.remove(scope, rowIdOf(id));
    return { state: "done", id };
  },
  ref: (_scope, id) => id.split("|")[0]!,
  list: (scope) => subscriptionFilters.list(scope).map(({ group, name }) => `${name}|${group}`),
};

function rowIdOf(id: string): string {
  const [name = "", group = ""] = id.split("|");
  return filterId(group, name);
}

const transformationFrom = (declared: Properties): Transformation => ({
  metricName: declared["MetricName"],
  metricNamespace: declared["MetricNamespace"],
  metricValue: String(declared["MetricValue"]),
  ...(declared["DefaultValue"] !== undefined && { defaultValue: Number(declared["DefaultValue"]) }),
  ...(declared["Unit"] !== undefined && { unit: declared["Unit"] }),
  ...(declared["Dimensions"] !== undefined && {
    dimensions: Object.fromEntries((declared["Dimensions"] as Properties[]).map(({ Key, Value }) => [Key, Value])),
  }),
});

const transformationTo = ({ metricName, metricNamespace, metricValue, defaultValue, unit, dimensions = {} }: Transformation): Properties =>
  present({
    MetricName: metricName,
    MetricNamespace: metricNamespace,
    MetricValue: metricValue,
    DefaultValue: defaultValue,
    Unit: unit,
    Dimensions: Object.entries(dimensions).map(([Key, Value]) => ({ Key, Value })),
  });
