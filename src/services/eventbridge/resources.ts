import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { busArn, buses, busName, DEFAULT_BUS, newBus } from "./bus.ts";
import { archiveResource } from "./resource-archive.ts";
import { busPolicyResource } from "./resource-policy.ts";
import { putRule, type Rule, ruleArn, rules } from "./rule.ts";
import { putTargets, type Target } from "./target.ts";

type Properties = Readonly<Record<string, any>>;

/** What the kinds of targets need that nobody here takes deliveries for. */
const ABSENT_TARGETS = [
  "AppSyncParameters",
  "BatchParameters",
  "EcsParameters",
  "HttpParameters",
  "KinesisParameters",
  "RedshiftDataParameters",
  "RunCommandParameters",
  "SageMakerPipelineParameters",
];

/**
 * Its id is the name, or bus|name on a bus of one's own.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
 */
const ruleResource: ResourceType<Properties> = {
  type: "AWS::Events::Rule",
  absent: Object.fromEntries(ABSENT_TARGETS.map((name) => [`Targets/${name}`, []])),
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const bus = busName(declared["EventBusName"]);
      const name = id === undefined ? (declared["Name"] ?? nameWithin(64, generatedName, logicalId)) : rowIdOf(id).slice(bus.length + 1);
      const rowId = `${bus}/${name}`;
      if (id === undefined && rules.get(scope, rowId) !== undefined) return alreadyExists("AWS::Events::Rule", name);
      const { EventPattern, ScheduleExpression, State, Description, RoleArn, EventBusName, Targets = [] } = declared;
      const said = { ScheduleExpression, State, Description, RoleArn };
      putRule.handle(scope, { Name: name, EventBusName: bus, EventPattern: textOf(EventPattern), ...said });
      rules.patch(scope, rowId, { busGivenAs: EventBusName, targets: [], tags: allTags(tags, declared["Tags"]) });
      putTargets.handle(scope, { Rule: name, EventBusName: bus, Targets: (Targets as Properties[]).map(natural) });
      return bus === DEFAULT_BUS ? name : `${bus}|${name}`;
    }),
  read(scope, id) {
    const rule = rules.get(scope, rowIdOf(id));
    return rule && live(scope, rule);
  },
  remove(scope, id) {
    rules.remove(scope, rowIdOf(id));
    return { state: "done", id };
  },
  attributes(scope, id) {
    const rule = rules.get(scope, rowIdOf(id));
    return rule === undefined ? {} : { Arn: ruleArn(scope, rule), RuleName: rule.name };
  },
  list: (scope) => rules.list(scope).map((rule) => ruleArn(scope, rule)),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbus.html; its id is its name. */
const busResource: ResourceType<Properties> = {
  type: "AWS::Events::EventBus",
  absent: { DeadLetterConfig: [], EventSourceName: [], LogConfig: [] },
  ensure: (scope, declared, id, { tags }) =>
    attempt(scope, () => {
      const { Name, Description: description, KmsKeyIdentifier: keyId, Policy } = declared;
      const name: string = id ?? Name;
      if (id === undefined && (name === DEFAULT_BUS || buses.get(scope, name) !== undefined))
        return alreadyExists("AWS::Events::EventBus", name);
      if (id === undefined) newBus(scope, name, { description, keyId }, {});
      const had = buses.get(scope, name)?.hasOwnPolicy ?? false;
      buses.patch(scope, name, {
        description,
        keyId,
        tags: allTags(tags, declared["Tags"]),
        // A policy that others gave the bus stays where its own properties say nothing.
        ...((Policy !== undefined || had) && { policy: textOf(Policy), hasOwnPolicy: Policy !== undefined }),
      });
      return name;
    }),
  read(scope, id) {
    const bus = buses.get(scope, id);
    if (bus === undefined || id === DEFAULT_BUS) return undefined;
    return present({
      Name: id,
      Arn: busArn(scope, id),
      Description: bus.description,
      KmsKeyIdentifier: bus.keyId,
      Policy: bus.policy && JSON.parse(bus.policy),
      Tags: tagList(bus.tags),
    });
  },
  remove(scope, id) {
    buses.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) =>
    buses
      .list(scope)
      .map(({ id }) => id)
      .filter((id) => id !== DEFAULT_BUS),
};

export const eventResources = [ruleResource, busResource, busPolicyResource, archiveResource];

/** Of a name, of bus|name, and of an ARN. */
function rowIdOf(id: string): string {
  const path = id.includes(":rule/") ? id.slice(id.indexOf(":rule/") + ":rule/".length) : id.replace("|", "/");
  return path.includes("/") ? path : `${DEFAULT_BUS}/${path}`;
}

const textOf = (document: unknown): string | undefined =>
  document === undefined || typeof document === "string" ? document : JSON.stringify(document);

function live(scope: Scope, rule: Rule): Properties {
  return present({
    Arn: ruleArn(scope, rule),
    Name: rule.name,
    EventBusName: rule.busGivenAs ?? rule.bus,
    EventPattern: rule.pattern && JSON.parse(rule.pattern),
    ScheduleExpression: rule.schedule,
    State: rule.state,
    Description: rule.description,
    RoleArn: rule.roleArn,
    Targets: rule.targets,
    Tags: tagList(rule.tags),
  });
}

/** A target whose numbers a template gave as texts. */
function natural(target: Properties): Target {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = target["RetryPolicy"] ?? {};
  const policy = {
    ...(MaximumRetryAttempts !== undefined && { MaximumRetryAttempts: Number(MaximumRetryAttempts) }),
    ...(MaximumEventAgeInSeconds !== undefined && { MaximumEventAgeInSeconds: Number(MaximumEventAgeInSeconds) }),
  };
  return { ...target, ...(target["RetryPolicy"] && { RetryPolicy: policy }) } as Target;
}
