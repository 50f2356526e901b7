import { fault } from "../../kernel/fault.ts";
import type { RuleCondition } from "../../sdk/elastic-load-balancing-v2.js";
import { notImplemented } from "./listing.ts";

/** When a rule is for a request: one of the values has to fit. */
export type Condition =
  | {
      readonly field: "host-header" | "path-pattern" | "http-request-method" | "source-ip";
      readonly values: readonly string[];
    }
  | { readonly field: "http-header"; readonly name: string; readonly values: readonly string[] }
  | { readonly field: "query-string"; readonly pairs: readonly { readonly key?: string; readonly value: string }[] };

const VALUES_MAX = 5;

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html */
export function conditionsOf(given: readonly RuleCondition[]): Condition[] {
  if (given.length === 0) fault("ValidationError", "A condition must be specified");
  const conditions = given.map(conditionOf);
  const count = conditions.reduce((total, one) => total + (one.field === "query-string" ? one.pairs.length : one.values.length), 0);
  if (count > VALUES_MAX) fault("ValidationError", `A rule can only have '${VALUES_MAX}' condition values`);
  return conditions;
}

function conditionOf(condition: RuleCondition): Condition {
  const { Field, Values } = condition;
  switch (Field) {
    case "host-header":
      if (condition.HostHeaderConfig?.RegexValues !== undefined) notImplemented("A regular expression in a condition");
      return { field: Field, values: some(condition.HostHeaderConfig?.Values ?? Values) };
    case "path-pattern":
      if (condition.PathPatternConfig?.RegexValues !== undefined) notImplemented("A regular expression in a condition");
      return { field: Field, values: some(condition.PathPatternConfig?.Values ?? Values) };
    case "http-request-method":
      return { field: Field, values: some(condition.HttpRequestMethodConfig?.Values ?? Values) };
    case "source-ip":
      return { field: Field, values: some(condition.SourceIpConfig?.Values ?? Values) };
    case "http-header": {
      const { HttpHeaderName, Values: values, RegexValues } = condition.HttpHeaderConfig ?? {};
      if (RegexValues !== undefined) notImplemented("A regular expression in a condition");
      return { field: Field, name: HttpHeaderName ?? "", values: some(values) };
    }
    case "query-string":
      return {
        field: Field,
        pairs: (condition.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => ({
          ...(Key !== undefined && { key: Key }),
          value: Value ?? "",
        })),
      };
    default:
      return fault(
        "ValidationError",
        `Condition field '${Field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'`,
      );
  }
}

const some = (values: readonly string[] | undefined): readonly string[] =>
  values === undefined || values.length === 0 ? fault("ValidationError", "A condition value must be specified") : values;

export function shownCondition(condition: Condition): RuleCondition {
  switch (condition.field) {
    case "host-header":
      return { Field: condition.field, Values: [...condition.values], HostHeaderConfig: { Values: [...condition.values] } };
    case "path-pattern":
      return { Field: condition.field, Values: [...condition.values], PathPatternConfig: { Values: [...condition.values] } };
    case "http-request-method":
      return { Field: condition.field, HttpRequestMethodConfig: { Values: [...condition.values] } };
    case "source-ip":
      return { Field: condition.field, SourceIpConfig: { Values: [...condition.values] } };
    case "http-header":
      return { Field: condition.field, HttpHeaderConfig: { HttpHeaderName: condition.name, Values: [...condition.values] } };
    case "query-string":
      return {
        Field: condition.field,
        QueryStringConfig: { Values: condition.pairs.map(({ key, value }) => ({ ...(key !== undefined && { Key: key }), Value: value })) },
      };
  }
}
