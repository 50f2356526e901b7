import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { PolicyAction, ResourceChange } from "../../sdk/cloudformation.js";
import { type AttributeChange, type Cause, contextOf, detailsOf, differences, type Replacement, replacementOf, scopeOf } from "./change.ts";
import { dependencies } from "./condition.ts";
import { isCustom } from "./custom-resource.ts";
import type { LiveState } from "./drift.ts";
import { type EvaluationContext, evaluate, KNOWN_AFTER_APPLY, type ResourceValues } from "./evaluate.ts";
import { type Graph, order, reverse } from "./graph.ts";
import { mentions } from "./intrinsic.ts";
import type { Mutability, Specification } from "./specification.ts";
import type { ResourceDeclaration, Template } from "./template.ts";
import type { Json, JsonObject } from "./value.ts";

/** A resource as a stack has it. Its properties are evaluated and coerced, its dynamic references as they were written. */
export interface ExistingResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly properties: JsonObject;
  readonly metadata?: JsonObject;
  readonly creationPolicy?: JsonObject;
  readonly updatePolicy?: JsonObject;
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  /** The logical ids of what it was made after. */
  readonly needs: readonly string[];
}

/** A resource as a template wants it: where a value is not known yet, it has KNOWN_AFTER_APPLY. */
export type DesiredResource = Omit<ExistingResource, "physicalId">;

type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

/** A stack as it is; for one that shall be created, one without resources. */
export interface StackBefore {
  readonly template: Template | undefined;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly tags: Tags;
  readonly resources: readonly ExistingResource[];
  values(logicalId: string): ResourceValues | undefined;
  /** Where drift is to be reverted: how the resources stand; their properties are then the live ones, and those gone are left out. */
  readonly live?: ReadonlyMap<string, LiveState>;
}

/** A stack as it shall be. */
export interface StackAfter {
  readonly template: Template;
  readonly context: Omit<EvaluationContext, "resource">;
  readonly tags: Tags;
  /** By logical id, the physical ids of existing resources that shall come into the stack. */
  readonly imports?: Readonly<Record<string, string>>;
}

/** What a plan asks about types of resource. */
export type TypeKnowledge = Pick<Specification, "mutability" | "coerce">;

export interface Plan {
  /** As DescribeChangeSet shows them, by logical id; none where there is nothing to do. */
  readonly changes: readonly ResourceChange[];
  /** What is to be made or changed, each after the steps that it names. */
  readonly steps: readonly Step[];
  /** All resources of the stack as it shall be. */
  readonly desired: readonly DesiredResource[];
  /** What is to be removed when all steps are done. A step that turns out to replace adds to it. */
  readonly removed: readonly ExistingResource[];
}

export interface Step {
  readonly logicalId: string;
  readonly action: "Add" | "Modify" | "Import" | "SyncWithActual";
  readonly replacement: Replacement;
  /** The logical ids of steps that have to be done before. */
  readonly after: readonly string[];
}

export interface PlanOptions {
  readonly includePropertyValues?: boolean;
}

/**
 * What has to happen so that a stack becomes as its template wants it. Nothing is looked up and nothing is done: the same
 * stack and template give the same plan, which is the change set.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html
 */
export function planUpdate(
  before: StackBefore,
  after: StackAfter,
  types: TypeKnowledge,
  { includePropertyValues = false }: PlanOptions = {},
): Plan {
  checkTypes(before, after);
  const graph = dependencies(after.template, after.context.conditions);
  const planned = new Map<string, Planned>();
  for (const logicalId of order(graph)) {
    planned.set(logicalId, planResource(logicalId, [...graph.get(logicalId)!], { before, after, types, planned, includePropertyValues }));
  }
  const removed = before.resources.filter(({ logicalId }) => !graph.has(logicalId));
  const changed = [...planned.values()].filter(({ action }) => action !== "None");
  return {
    changes: [
      ...changed.map((one) => describe(one, includePropertyValues)),
      ...removed.map((one) => describeRemoval(one, includePropertyValues)),
    ]
      .map((change) => withDrift(change, before))
      .sort(byLogicalId),
    steps: changed.map((one) => stepOf(one, planned)),
    desired: [...planned.values()].map(({ desired }) => desired),
    removed,
  };
}

/** The plan that takes a whole stack away. */
export const planDelete = (resources: readonly ExistingResource[]): Plan => ({
  changes: resources.map((one) => describeRemoval(one, false)).sort(byLogicalId),
  steps: [],
  desired: [],
  removed: resources,
});

/** One resource to take away, or to let go where a policy retains it, when those are gone that needed it. */
export interface Removal {
  readonly resource: ExistingResource;
  readonly after: readonly string[];
}

/** Removals in the order in which they can happen: what was made last goes first. */
export function orderRemovals(resources: readonly ExistingResource[]): Removal[] {
  const byId = new Map(resources.map((resource) => [resource.logicalId, resource]));
  const needs: Graph = new Map(resources.map((resource) => [resource.logicalId, new Set(resource.needs.filter((need) => byId.has(need)))]));
  const neededBy = reverse(needs);
  return order(neededBy).map((logicalId) => ({ resource: byId.get(logicalId)!, after: [...neededBy.get(logicalId)!] }));
}

/** Whether a policy keeps a resource that leaves its stack; RetainExceptOnCreate does not when its creation is rolled back. */
export function isRetained(policy: string | undefined, rollingBackCreation = false): boolean {
  return policy === "Retain" || (policy === "RetainExceptOnCreate" && !rollingBackCreation);
}

interface Planned {
  readonly desired: DesiredResource;
  readonly existing: ExistingResource | undefined;
  readonly action: Step["action"] | "None";
  readonly importedId: string | undefined;
  readonly changes: readonly AttributeChange[];
  readonly replacement: Replacement;
}

interface Planning {
  readonly before: StackBefore;
  readonly after: StackAfter;
  readonly types: TypeKnowledge;
  readonly planned: ReadonlyMap<string, Planned>;
  readonly includePropertyValues: boolean;
}

function checkTypes(before: StackBefore, { template }: StackAfter): void {
  const turned = before.resources
    .filter(({ logicalId, type }) => (template.Resources[logicalId]?.Type ?? type) !== type)
    .map(({ logicalId }) => logicalId);
  if (turned.length > 0) {
    fault(
      "ValidationError",
      `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${turned.join(", ")}]`,
    );
  }
}

function planResource(logicalId: string, needs: readonly string[], planning: Planning): Planned {
  const { before, after } = planning;
  const existing = before.resources.find((resource) => resource.logicalId === logicalId);
  const desired = desire(logicalId, needs, planning);
  const importedId = existing === undefined ? after.imports?.[logicalId] : undefined;
  const changes = existing === undefined ? [] : changesOf(existing, desired, planning);
  const action =
    existing === undefined ? (importedId === undefined ? "Add" : "Import") : changes.length > 0 ? "Modify" : unchanged(desired, before);
  return { desired, existing, action, importedId, changes, replacement: replacementOf(changes) };
}

/** What is live and wanted, and was deployed otherwise, is only taken note of. */
function unchanged({ logicalId, properties }: DesiredResource, { live }: StackBefore): "SyncWithActual" | "None" {
  const deployed = live?.get(logicalId)?.deployed;
  return deployed === undefined || sameJson(deployed, properties) ? "None" : "SyncWithActual";
}

function desire(logicalId: string, needs: readonly string[], { before, after, types, planned }: Planning): DesiredResource {
  const declared = after.template.Resources[logicalId]!;
  // What will be made anew has no values yet; what is changed in place is taken to keep those it has.
  const resource = (other: string): ResourceValues | undefined => {
    const { action, replacement } = planned.get(other) ?? { action: "None", replacement: "False" };
    if (action === "Add" || action === "Import" || replacement === "True") return undefined;
    const values = before.values(other);
    if (values === undefined || !isCustom(after.template.Resources[other]!.Type)) return values;
    // What a custom resource answers when it is asked again, and which attributes it then has, nobody knows.
    return action === "None" ? { ...values, attribute: (name) => values.attribute(name) ?? KNOWN_AFTER_APPLY } : undefined;
  };
  const evaluated = <T extends Json>(json: T | undefined): T | undefined => {
    if (json === undefined) return undefined;
    const result = evaluate({ ...after.context, resource }, json);
    return result.state === "error" ? fault("ValidationError", result.message) : result.value;
  };
  const metadata = evaluated(declared.Metadata);
  const creationPolicy = evaluated(declared.CreationPolicy);
  const updatePolicy = evaluated(declared.UpdatePolicy);
  const deletionPolicy = evaluated(declared.DeletionPolicy);
  const updateReplacePolicy = evaluated(declared.UpdateReplacePolicy);
  return {
    logicalId,
    type: declared.Type,
    properties: types.coerce(declared.Type, evaluated(declared.Properties) ?? {}),
    needs,
    ...(metadata && { metadata }),
    ...(creationPolicy && { creationPolicy }),
    ...(updatePolicy && { updatePolicy }),
    ...(deletionPolicy && { deletionPolicy }),
    ...(updateReplacePolicy && { updateReplacePolicy }),
  };
}

const ATTRIBUTES = [
  ["Metadata", "metadata"],
  ["CreationPolicy", "creationPolicy"],
  ["UpdatePolicy", "updatePolicy"],
  ["DeletionPolicy", "deletionPolicy"],
  ["UpdateReplacePolicy", "updateReplacePolicy"],
] as const satisfies readonly (readonly [AttributeChange["attribute"] & keyof ResourceDeclaration, keyof DesiredResource])[];

function changesOf(existing: ExistingResource, desired: DesiredResource, planning: Planning): AttributeChange[] {
  const changes: AttributeChange[] = [];
  const names = new Set([...Object.keys(existing.properties), ...Object.keys(desired.properties)]);
  for (const name of [...names].sort()) {
    const [before, after] = [existing.properties[name], desired.properties[name]];
    const expression = (template: Template | undefined) => template?.Resources[existing.logicalId]?.Properties?.[name];
    const causes = causesOf(before, after, expression, planning);
    const drift = driftIn(existing.logicalId, name, before, planning.before);
    if (causes.length > 0)
      changes.push({
        ...(drift && { drift }),
        attribute: "Properties",
        name,
        mutability: mutabilityOf(existing.type, name, before, after, planning.types),
        before,
        after,
        causes,
      });
  }
  for (const [attribute, member] of ATTRIBUTES) {
    const [before, after] = [existing[member], desired[member]];
    if (sameJson(before, after)) continue;
    const causes = causesOf(before, after, (template) => template?.Resources[existing.logicalId]?.[attribute], planning);
    changes.push({ attribute, mutability: "Mutable", before, after, causes });
  }
  if (!sameTags(planning.before.tags, planning.after.tags)) {
    changes.push({
      attribute: "Tags",
      mutability: "Mutable",
      before: undefined,
      after: undefined,
      causes: [{ source: "DirectModification", evaluation: "Static" }],
    });
  }
  if (changes.length === 0 && existing.type === "AWS::CloudFormation::Stack") {
    changes.push({
      attribute: "Properties",
      mutability: "Mutable",
      before: undefined,
      after: undefined,
      causes: [{ source: "Automatic", evaluation: "Dynamic" }],
    });
  }
  return changes;
}

function driftIn(logicalId: string, name: string, actual: Json | undefined, { live }: StackBefore): AttributeChange["drift"] {
  const state = live?.get(logicalId);
  const previous = state?.deployed[name];
  return state === undefined || sameJson(previous, actual) ? undefined : { previous, actual };
}

const STRICTNESS: readonly Mutability[] = ["Mutable", "Conditional", "Immutable"];

/** The strictest of what changes below a property, and of the property itself where its value may yet change. */
function mutabilityOf(type: string, name: string, before: Json | undefined, after: Json | undefined, types: TypeKnowledge): Mutability {
  const paths = differences(before, after, [name]);
  const found = (paths.length === 0 ? [[name]] : paths).map((path) => types.mutability(type, path));
  return found.reduce((one, other) => (STRICTNESS.indexOf(other) > STRICTNESS.indexOf(one) ? other : one));
}

function causesOf(
  before: Json | undefined,
  after: Json | undefined,
  expression: (template: Template | undefined) => Json | undefined,
  planning: Planning,
): Cause[] {
  const [was, is] = [expression(planning.before.template), expression(planning.after.template)];
  const differs = !sameJson(before, after);
  const rewritten = !sameJson(was, is);
  const named = is === undefined ? [] : namedCauses(is, planning);
  if (!differs) {
    // With values, what is the same now is shown as no change; without, a changed resource may change what refers to it.
    return planning.includePropertyValues ? [] : named.filter(({ evaluation }) => evaluation === "Dynamic");
  }
  if (rewritten) return [{ source: "DirectModification", evaluation: "Static" }, ...named];
  if (named.length === 0) return [{ source: "DirectModification", evaluation: hasUnknown(after) ? "Dynamic" : "Static" }];
  // That the same value was also changed directly is not ruled out where a parameter is the cause: AWS shows both.
  const direct = planning.includePropertyValues || named.some(({ source }) => source === "ParameterReference");
  return direct ? [{ source: "DirectModification", evaluation: "Dynamic" }, ...named] : named;
}

const hasUnknown = (value: Json | undefined): boolean => value !== undefined && JSON.stringify(value).includes(KNOWN_AFTER_APPLY);

/** The parameters and resources that an expression names and that change, each once. */
function namedCauses(expression: Json, { before, after, planned }: Planning): Cause[] {
  const causes = new Map<string, Cause>();
  for (const mention of mentions(expression, (condition) => after.context.conditions[condition])) {
    if (mention.kind === "If") continue;
    const entity = mention.kind === "GetAtt" ? `${mention.name}.${mention.attribute}` : mention.name;
    if (mention.kind === "Ref" && Object.hasOwn(after.context.parameters, mention.name)) {
      if (mention.name.startsWith("AWS::") || sameJson(before.parameters[mention.name], after.context.parameters[mention.name])) continue;
      causes.set(entity, { source: "ParameterReference", evaluation: "Static", entity });
      continue;
    }
    const other = planned.get(mention.name);
    if (other?.action !== "Modify" || (mention.kind === "Ref" && other.replacement === "False")) continue;
    const source = mention.kind === "Ref" ? "ResourceReference" : "ResourceAttribute";
    causes.set(entity, { source, evaluation: other.replacement === "True" ? "Static" : "Dynamic", entity });
  }
  return [...causes.values()];
}

const sameTags = (one: Tags, other: Tags): boolean =>
  sameJson(Object.fromEntries(one.map(tagEntry)), Object.fromEntries(other.map(tagEntry)));
const tagEntry = ({ Key = "", Value = "" }: Tags[number]): [string, string] => [Key, Value];

function stepOf({ desired, action, replacement }: Planned, planned: ReadonlyMap<string, Planned>): Step {
  const after = desired.needs.filter((need) => planned.get(need)!.action !== "None");
  return { logicalId: desired.logicalId, action: action as Step["action"], replacement, after };
}

function describe({ desired, existing, action, importedId, changes, replacement }: Planned, withValues: boolean): ResourceChange {
  const physicalId = existing?.physicalId ?? importedId;
  const policyAction = replacement === "True" ? replacePolicyAction(desired.updateReplacePolicy) : undefined;
  return {
    ...(policyAction && { PolicyAction: policyAction }),
    Action: action as Step["action"],
    LogicalResourceId: desired.logicalId,
    ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
    ResourceType: desired.type,
    ...(action === "Modify" && { Replacement: replacement }),
    Scope: scopeOf(changes),
    Details: detailsOf(changes, withValues),
    ...(withValues && {
      ...(existing && { BeforeContext: contextOf(existing.properties, existing.metadata) }),
      AfterContext: contextOf(desired.properties, desired.metadata),
    }),
  };
}

function withDrift(change: ResourceChange, { live }: StackBefore): ResourceChange {
  const status = live?.get(change.LogicalResourceId!)?.status;
  return status === undefined ? change : { ...change, ResourceDriftStatus: status };
}

function describeRemoval(
  { logicalId, physicalId, type, properties, metadata, deletionPolicy }: ExistingResource,
  withValues: boolean,
): ResourceChange {
  return {
    PolicyAction: isRetained(deletionPolicy) ? "Retain" : deletionPolicy === "Snapshot" ? "Snapshot" : "Delete",
    Action: "Remove",
    LogicalResourceId: logicalId,
    PhysicalResourceId: physicalId,
    ResourceType: type,
    Scope: [],
    Details: [],
    ...(withValues && { BeforeContext: contextOf(properties, metadata) }),
  };
}

const replacePolicyAction = (policy: string | undefined): PolicyAction =>
  policy === "Retain" ? "ReplaceAndRetain" : policy === "Snapshot" ? "ReplaceAndSnapshot" : "ReplaceAndDelete";

const byLogicalId = (one: ResourceChange, other: ResourceChange): number => (one.LogicalResourceId! < other.LogicalResourceId! ? -1 : 1);
