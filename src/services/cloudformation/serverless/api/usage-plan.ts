import type { Context } from "../context.ts";
import { asSection, isAbsent, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { ref } from "../intrinsic.ts";
import { invalidResource, invalidTemplate } from "../invalid.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

const MEMBERS = ["CreateUsagePlan", "Description", "Quota", "Tags", "Throttle", "UsagePlanName"];

/** What APIs with a shared plan have said so far. */
interface Shared {
  readonly apis: string[];
  readonly stages: string[];
  readonly conditions: string[];
  isUnconditional: boolean;
  deletionPolicy: Value;
  updateReplacePolicy: Value;
}

const newShared = (): Shared => ({
  apis: [],
  stages: [],
  conditions: [],
  isUnconditional: false,
  deletionPolicy: undefined,
  updateReplacePolicy: undefined,
});

/**
 * A usage plan and a key for it: of the API, or of all that share one.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiusageplan.html
 */
export function usagePlan({ id, properties, passedOn }: Declared, stageId: string, context: Context): Resource[] {
  const given = asSection(properties["Auth"])["UsagePlan"];
  if (isAbsent(given)) return [];
  const wanted = checked(id, given);
  const create = wanted["CreateUsagePlan"];
  if (create === "NONE") return [];
  const further = Object.fromEntries(MEMBERS.slice(1).map((name) => [name, isTruthy(wanted[name]) ? wanted[name] : undefined]));
  if (create === "PER_API") return planAndKey(id, [id], [[id, stageId]], passedOn, further);
  const shared = context.shared(newShared);
  if (!shared.apis.includes(id)) {
    shared.apis.push(id);
    shared.stages.push(stageId);
  }
  const pairs = shared.apis.map((api, index) => [api, shared.stages[index]!] as const);
  return planAndKey("Serverless", [...shared.apis], pairs, combined(shared, passedOn, context), further);
}

function checked(id: string, given: Value): Section {
  if (!isSection(given)) throw invalidResource(id, "'UsagePlan' must be a dictionary");
  if (!Object.keys(given).every((name) => MEMBERS.includes(name))) throw invalidResource(id, "Invalid property for 'UsagePlan'");
  const create = given["CreateUsagePlan"];
  if (isAbsent(create)) throw invalidResource(id, "'CreateUsagePlan' is a required field for UsagePlan.");
  if (isText(create) && ["SHARED", "PER_API", "NONE"].includes(create)) return given;
  throw invalidResource(id, "'CreateUsagePlan' accepts one of ['SHARED', 'PER_API', 'NONE'].");
}

function planAndKey(
  prefix: string,
  apis: string[],
  stages: readonly (readonly [api: string, stage: string])[],
  attributes: Section,
  further: Section,
): Resource[] {
  const [planId, keyId] = [`${prefix}UsagePlan`, `${prefix}ApiKey`];
  const ofPlan = stages.map(([api, stage]) => ({ ApiId: ref(api), Stage: ref(stage) }));
  const ofKey = stages.map(([api, stage]) => ({ RestApiId: ref(api), StageName: ref(stage) }));
  return [
    resource("AWS::ApiGateway::UsagePlan", planId, { ApiStages: ofPlan, ...further }, attributes, apis),
    resource("AWS::ApiGateway::ApiKey", keyId, { Enabled: true, StageKeys: ofKey }, attributes, [planId]),
    resource(
      "AWS::ApiGateway::UsagePlanKey",
      `${planId}Key`,
      { KeyId: ref(keyId), KeyType: "API_KEY", UsagePlanId: ref(planId) },
      attributes,
      [keyId],
    ),
  ];
}

const CONDITION = "SharedUsagePlanCondition";

/** The shared plan is there when one of its APIs is, and stays where one of them stays. */
function combined(shared: Shared, { Condition, DeletionPolicy, UpdateReplacePolicy }: Section, { output }: Context): Section {
  shared.deletionPolicy = DeletionPolicy === "Retain" ? DeletionPolicy : (shared.deletionPolicy ?? DeletionPolicy);
  const isStronger = UpdateReplacePolicy === "Snapshot" && shared.updateReplacePolicy === "Delete";
  shared.updateReplacePolicy =
    UpdateReplacePolicy === "Retain" || isStronger ? UpdateReplacePolicy : (shared.updateReplacePolicy ?? UpdateReplacePolicy);
  noteCondition(shared, Condition, output);
  return {
    ...(isTruthy(shared.deletionPolicy) ? { DeletionPolicy: shared.deletionPolicy } : {}),
    ...(isTruthy(shared.updateReplacePolicy) ? { UpdateReplacePolicy: shared.updateReplacePolicy } : {}),
    ...(shared.conditions.length > 0 && !shared.isUnconditional ? { Condition: CONDITION } : {}),
  };
}

function noteCondition(shared: Shared, condition: Value, output: Section): void {
  if (shared.isUnconditional) return;
  const conditions = output["Conditions"];
  if (isAbsent(condition)) {
    shared.isUnconditional = true;
    if (isSection(conditions)) delete conditions[CONDITION];
    return;
  }
  if (!isText(condition) || condition === "" || shared.conditions.includes(condition)) return;
  if (!isSection(conditions)) throw invalidTemplate("Can't have condition without having 'Conditions' section in the template");
  shared.conditions.push(condition);
  const isFirst = shared.conditions.length === 1;
  conditions[CONDITION] = isFirst ? condition : { "Fn::Or": shared.conditions.map((each) => ({ Condition: each })) };
}
