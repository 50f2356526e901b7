import type { LogLine } from "../../kernel/facts.ts";
import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Entry } from "../../kernel/stream.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteMetricFilter$,
  DescribeMetricFilters$,
  InvalidParameterException,
  LimitExceededException,
  type MetricTransformation,
  PutMetricFilter$,
  ResourceNotFoundException,
  TestMetricFilter$,
} from "../../sdk/cloudwatch-logs.js";
import { compileFilter, type Found, type LinePattern } from "./filter-pattern.ts";
import { requireGroup } from "./group.ts";

/** What makes metrics of a group's lines; its id is the group's name and its own. */
export interface MetricFilter extends Row {
  readonly group: string;
  readonly name: string;
  readonly pattern: string;
  readonly transformations: readonly Stored<MetricTransformation>[];
  readonly createdAt: number;
  /** The minute in which it last measured something, or the default value. */
  readonly minute?: number;
}

export const metricFilters = new Table<MetricFilter>("cloudwatch-logs/metric-filter", { indexes: { group: ({ group }) => group } });

const FILTERS_MAX = 100;
const MINUTE_MS = 60_000;

export const putMetricFilter = operation(PutMetricFilter$, (scope, input) => {
  const { logGroupName, filterName, filterPattern, metricTransformations = [], applyOnTransformedLogs, ...others } = input;
  if (applyOnTransformedLogs) notImplemented("transformed logs");
  if (others.fieldSelectionCriteria || others.emitSystemFieldDimensions?.length) notImplemented("system fields");
  saveMetricFilter(scope, {
    group: logGroupName!,
    name: filterName!,
    pattern: filterPattern!,
    transformations: stored(metricTransformations),
  });
  return {};
});

export const describeMetricFilters = operation(
  DescribeMetricFilters$,
  (scope, { logGroupName, filterNamePrefix = "", metricName, metricNamespace, limit = 50, nextToken }) => {
    const all =
      logGroupName === undefined ? metricFilters.list(scope) : metricFilters.by(scope, "group", requireGroup(scope, logGroupName).id);
    const found = all.filter(
      ({ name, transformations }) =>
        name.startsWith(filterNamePrefix) &&
        (metricName === undefined ||
          transformations.some((one) => one.metricName === metricName && one.metricNamespace === metricNamespace)),
    );
    const invalid = (): never => fault(InvalidParameterException, "The specified nextToken is invalid.");
    const paged = page(found, ({ id }) => id, limit, nextToken, invalid);
    return { metricFilters: paged.items.map(shown), ...(paged.nextToken && { nextToken: paged.nextToken }) };
  },
);

export const deleteMetricFilter = operation(DeleteMetricFilter$, (scope, { logGroupName, filterName }) => {
  const { id: group } = requireGroup(scope, logGroupName);
  const id = filterId(group, filterName!);
  if (metricFilters.get(scope, id) === undefined) fault(ResourceNotFoundException, "The specified metric filter does not exist.");
  metricFilters.remove(scope, id);
  return {};
});

export const testMetricFilter = operation(TestMetricFilter$, (_scope, { filterPattern, logEventMessages = [] }) => {
  const pattern = patternOf(filterPattern!);
  const matches = logEventMessages.flatMap((eventMessage, index) => {
    const found = pattern(eventMessage);
    return found === undefined ? [] : [{ eventNumber: index + 1, eventMessage, extractedValues: { ...found.extracted } }];
  });
  return { matches };
});

export const filterId = (group: string, name: string): string => `${group}:${name}`;

export function saveMetricFilter(scope: Scope, filter: Pick<MetricFilter, "group" | "name" | "pattern" | "transformations">): void {
  const { id: group } = requireGroup(scope, filter.group);
  patternOf(filter.pattern);
  for (const { metricValue, defaultValue, dimensions } of filter.transformations) {
    if (defaultValue !== undefined && dimensions !== undefined)
      fault(InvalidParameterException, "Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
    if (!metricValue!.startsWith("$") && Number.isNaN(Number(metricValue)))
      fault(InvalidParameterException, `Invalid metric value: ${metricValue}`);
  }
  const id = filterId(group, filter.name);
  const known = metricFilters.get(scope, id);
  if (known === undefined && metricFilters.by(scope, "group", group).length >= FILTERS_MAX)
    fault(LimitExceededException, "Resource limit exceeded.");
  metricFilters.put(scope, { ...filter, id, group, createdAt: known?.createdAt ?? scope.clock.now() });
}

/** By filter row: compiled once, for as long as the row is. */
const compiled = new WeakMap<MetricFilter, LinePattern>();

/**
 * Measure what a line says, at the line's instant. In a minute in which there are lines, and none that a filter looks for, its
 * default value is measured, once.
 */
export function measureLine(scope: Scope, group: string, { at, value: { message } }: Entry<LogLine>): void {
  for (const filter of metricFilters.by(scope, "group", group)) {
    const found = compiledPattern(filter)(message);
    const minute = Math.floor(at / MINUTE_MS);
    if (found === undefined && filter.minute === minute) continue;
    for (const transformation of filter.transformations) measure(scope, transformation, found, at);
    if (filter.minute !== minute && filter.transformations.some(({ defaultValue }) => defaultValue !== undefined))
      metricFilters.put(scope, { ...filter, minute });
  }
}

function compiledPattern(filter: MetricFilter): LinePattern {
  const known = compiled.get(filter);
  if (known !== undefined) return known;
  const pattern = patternOf(filter.pattern);
  compiled.set(filter, pattern);
  return pattern;
}

function measure(scope: Scope, transformation: Stored<MetricTransformation>, found: Found | undefined, at: number): void {
  const { metricNamespace, metricName, metricValue, defaultValue, dimensions = {}, unit = "None" } = transformation;
  const text = found === undefined ? undefined : metricValue!.startsWith("$") ? found.text(metricValue!) : metricValue!;
  const value = found === undefined ? defaultValue : text === undefined || text.trim() === "" ? undefined : Number(text);
  if (value === undefined || Number.isNaN(value)) return;
  const named = Object.entries(dimensions).map(([name, selector]) => [name, found?.text(selector)] as const);
  if (named.some(([, one]) => one === undefined)) return;
  scope.measure(
    { namespace: metricNamespace!, name: metricName!, dimensions: Object.fromEntries(named) as Record<string, string> },
    { value, unit },
    at,
  );
}

export const patternOf = (text: string): LinePattern => compileFilter(text) ?? fault(InvalidParameterException, "Invalid filter pattern");

export const notImplemented = (what: string): never => fault("NotImplemented", `Slipway does not implement ${what}.`, 501);

const shown = ({ group, name, pattern, transformations, createdAt }: MetricFilter) => ({
  filterName: name,
  filterPattern: pattern,
  metricTransformations: transformations as MetricTransformation[],
  creationTime: createdAt,
  logGroupName: group,
  applyOnTransformedLogs: false,
});
