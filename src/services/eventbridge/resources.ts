import { alreadyExists, attempt, type ResourceType } from "../../kernel/resource.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { busArn, buses, busName, DEFAULT_BUS, newBus } from "./bus.ts";
import { putRule, type Rule, ruleArn, rules } from "./rule.ts";
import { putTargets, type Target } from "./target.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is the name, or bus|name on a bus of one's own. */
const ruleResource: ResourceType<Properties> = {
  type: "AWS::Events::Rule",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const bus = busName(declared["EventBusName"]);
      const name = id?.split("|").at(-1) ?? declared["Name"] ?? generatedName.slice(-64);
      if (id === undefined && rules.get(scope, `${bus}/${name}`) !== undefined) return alreadyExists("AWS::Events::Rule", name);
      const { EventPattern, ScheduleExpression, State, Description, RoleArn, Targets = [] } = declared;
      putRule.handle(scope, {
        Name: name,
        EventBusName: bus,
        EventPattern: textOf(EventPattern),
        ScheduleExpression,
        State,
        Description,
        RoleArn,
      });
      const ruleId = `${bus}/${name}`;
      rules.patch(scope, ruleId, { targets: [], tags: { ...tagsOf(tags), ...tagsOf(declared["Tags"]) } });
      putTargets.handle(scope, { Rule: name, EventBusName: bus, Targets: (Targets as Properties[]).map(natural) });
      return bus === DEFAULT_BUS ? name : `${bus}|${name}`;
    }),
  read(scope, id) {
    const rule = rules.get(scope, ruleIdOf(id));
    if (rule === undefined) return undefined;
    const { name, bus, pattern, schedule, state, description, roleArn, targets, tags } = rule;
    return {
      Name: name,
      EventBusName: bus,
      ...(pattern !== undefined && { EventPattern: JSON.parse(pattern) }),
      ...(schedule !== undefined && { ScheduleExpression: schedule }),
      State: state,
      ...(description !== undefined && { Description: description }),
      ...(roleArn !== undefined && { RoleArn: roleArn }),
      ...(targets.length > 0 && { Targets: targets }),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    };
  },
  remove(scope, id) {
    rules.remove(scope, ruleIdOf(id));
    return { state: "done", id };
  },
  attributes(scope, id) {
    return { Arn: ruleArn(scope, rules.get(scope, ruleIdOf(id)) as Rule) };
  },
};

const busResource: ResourceType<Properties> = {
  type: "AWS::Events::EventBus",
  ensure: (scope, declared, id, { tags }) =>
    attempt(scope, () => {
      const name = id ?? declared["Name"];
      if (id === undefined && buses.get(scope, name) !== undefined) return alreadyExists("AWS::Events::EventBus", name);
      const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
      const known = buses.get(scope, name) ?? newBus(scope, name, declared["Description"], allTags);
      const { description: _, ...rest } = known;
      buses.put(scope, { ...rest, ...(declared["Description"] !== undefined && { description: declared["Description"] }), tags: allTags });
      return name;
    }),
  read(scope, id) {
    const bus = buses.get(scope, id);
    return (
      bus && {
        Name: id,
        ...(bus.description !== undefined && { Description: bus.description }),
        ...(Object.keys(bus.tags).length > 0 && { Tags: tagList(bus.tags) }),
      }
    );
  },
  remove(scope, id) {
    buses.remove(scope, id);
    return { state: "done", id };
  },
  attributes: (scope, id) => ({ Arn: busArn(scope, id), Name: id }),
};

export const eventResources = [ruleResource, busResource];

const ruleIdOf = (id: string): string => (id.includes("|") ? id.replace("|", "/") : `${DEFAULT_BUS}/${id}`);

const textOf = (pattern: unknown): string | undefined =>
  pattern === undefined || typeof pattern === "string" ? pattern : JSON.stringify(pattern);

/** A target whose numbers a template gave as texts. */
function natural(target: Properties): Target {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = target["RetryPolicy"] ?? {};
  const policy = {
    ...(MaximumRetryAttempts !== undefined && { MaximumRetryAttempts: Number(MaximumRetryAttempts) }),
    ...(MaximumEventAgeInSeconds !== undefined && { MaximumEventAgeInSeconds: Number(MaximumEventAgeInSeconds) }),
  };
  return { ...target, ...(target["RetryPolicy"] && { RetryPolicy: policy }) } as Target;
}
