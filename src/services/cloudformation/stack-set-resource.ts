import { idsFrom } from "../../kernel/id.ts";
import { sameJson } from "../../kernel/json.ts";
import { attempt, type Progress, type ResourceRequest, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type {
  Capability,
  CreateStackSetInput,
  DeploymentTargets,
  Parameter,
  StackSetOperationPreferences,
} from "../../sdk/cloudformation.js";
import { ownerOf } from "./organizations-access.ts";
import { createStackInstances, deleteStackInstances, instancesOf, updateStackInstances } from "./stack-instance.ts";
import { createStackSet, deleteStackSet, findStackSet, type StackSet, updateStackSet } from "./stack-set.ts";
import { stackSetOperations, startOperation, unfinishedOperations } from "./stack-set-operation.ts";

/** As declared. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stackset.html */
interface Declared {
  readonly StackSetName: string;
  readonly CallAs?: "SELF" | "DELEGATED_ADMIN";
  readonly StackInstancesGroup?: readonly Group[];
  readonly OperationPreferences?: Readonly<Record<string, unknown>>;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly AutoDeployment?: Readonly<Record<string, unknown>>;
  readonly ManagedExecution?: { readonly Active?: unknown };
  readonly [name: string]: unknown;
}

interface Group {
  readonly DeploymentTargets: DeploymentTargets;
  readonly Regions: readonly string[];
  readonly ParameterOverrides?: readonly { readonly ParameterKey: string; readonly ParameterValue: unknown }[];
}

/** One thing to do with the stack set, by an operation of this id. */
type Stage = (owner: Scope, set: StackSet, operationId: string) => void;

export const stackSet: ResourceType<Declared> = {
  type: "AWS::CloudFormation::StackSet",
  ensure(scope, declared, id, request) {
    const groups = declared.StackInstancesGroup ?? [];
    const preferences = preferencesOf(declared);
    if (id === undefined) {
      const made = attempt(scope, () => create(scope, declared, request));
      if (made.state !== "done") return made;
      const stages = groups.map(
        (group): Stage =>
          (owner, set, operationId) =>
            createIn(owner, set, operationId, group, preferences),
      );
      return runStages(scope, declared, made.id, request.token, stages);
    }
    const previous = request.previous ?? declared;
    const before = cellsOf(previous.StackInstancesGroup ?? []);
    const after = cellsOf(groups);
    const gone = groupsOf([...before].filter(([key]) => !after.has(key)));
    const fresh = groupsOf([...after].filter(([key]) => !before.has(key)));
    const changed = groupsOf([...after].filter(([key, cell]) => before.has(key) && !sameJson(before.get(key)!.overrides, cell.overrides)));
    const stages: Stage[] = [
      ...gone.map(
        (group): Stage =>
          (owner, set, operationId) =>
            deleteIn(owner, set, operationId, group, preferences),
      ),
      ...(sameJson(ownOf(previous), ownOf(declared)) ? [] : [updating(scope, declared, request, preferences)]),
      ...fresh.map(
        (group): Stage =>
          (owner, set, operationId) =>
            createIn(owner, set, operationId, group, preferences),
      ),
      ...changed.map(
        (group): Stage =>
          (owner, set, operationId) =>
            updateIn(owner, set, operationId, group, preferences),
      ),
    ];
    return runStages(scope, declared, id, request.token, stages);
  },
  read(scope, id) {
    const set = findStackSet(scope, id);
    if (set === undefined) return undefined;
    return {
      StackSetId: set.id,
      StackSetName: set.name,
      PermissionModel: set.permissionModel,
      TemplateBody: set.templateBody,
      ...(set.description !== undefined && { Description: set.description }),
      Capabilities: [...set.capabilities],
      Parameters: set.parameters.map(({ key, value }) => ({ ParameterKey: key, ParameterValue: value })),
      Tags: [...set.tags],
      ManagedExecution: { Active: set.managedExecution },
    };
  },
  remove(scope, id, request) {
    const declared = request.previous;
    const owner = ownerOf(scope, declared?.CallAs);
    const set = findStackSet(owner, id);
    if (set === undefined) return { state: "done", id };
    const instances = instancesOf(owner, set);
    const emptied = runStages(scope, declared, id, `${request.token} instances`, [
      (_, __, OperationId) => {
        const OperationPreferences = declared && preferencesOf(declared);
        startOperation(owner, set, {
          action: "DELETE",
          targets: instances,
          request: { OperationId, OperationPreferences },
          retainStacks: false,
          units: [],
        });
      },
    ]);
    if (emptied.state !== "done") return emptied;
    return attempt(
      scope,
      () => {
        deleteStackSet.handle(scope, { StackSetName: id, CallAs: declared?.CallAs });
        return id;
      },
      id,
    );
  },
  attributes: (_, id) => ({ StackSetId: id }),
};

const create = (scope: Scope, declared: Declared, { token, tags }: ResourceRequest): string =>
  createStackSet.handle(scope, {
    ...ownOf(declared),
    StackSetName: declared.StackSetName,
    PermissionModel: declared["PermissionModel"] as CreateStackSetInput["PermissionModel"],
    CallAs: declared.CallAs,
    Tags: withStackTags(declared, tags),
    ClientRequestToken: idsFrom(`stack set ${token}`).uuid(),
  }).StackSetId!;

const updating =
  (scope: Scope, declared: Declared, { tags }: ResourceRequest, OperationPreferences: StackSetOperationPreferences): Stage =>
  (_, set, OperationId) => {
    const own = ownOf(declared);
    updateStackSet.handle(scope, {
      ...own,
      StackSetName: set.id,
      CallAs: declared.CallAs,
      Tags: withStackTags(declared, tags),
      ...(own.TemplateBody === undefined && own.TemplateURL === undefined && { UsePreviousTemplate: true }),
      OperationPreferences,
      OperationId,
    });
  };

const createIn = (owner: Scope, set: StackSet, OperationId: string, group: Group, OperationPreferences: StackSetOperationPreferences) =>
  createStackInstances.handle(owner, { ...where(set, group), OperationId, OperationPreferences });

const updateIn = (owner: Scope, set: StackSet, OperationId: string, group: Group, OperationPreferences: StackSetOperationPreferences) =>
  updateStackInstances.handle(owner, {
    ...where(set, group),
    ParameterOverrides: overridesOf(group),
    OperationId,
    OperationPreferences,
  });

function deleteIn(
  owner: Scope,
  set: StackSet,
  OperationId: string,
  group: Group,
  OperationPreferences: StackSetOperationPreferences,
): void {
  const { ParameterOverrides: _, ...rest } = where(set, group);
  deleteStackInstances.handle(owner, { ...rest, RetainStacks: false, OperationId, OperationPreferences });
}

const where = ({ id }: StackSet, group: Group) => ({
  StackSetName: id,
  DeploymentTargets: group.DeploymentTargets,
  Regions: [...group.Regions],
  ...(group.ParameterOverrides && { ParameterOverrides: overridesOf(group) }),
});

const overridesOf = ({ ParameterOverrides = [] }: Group): Parameter[] =>
  ParameterOverrides.map(({ ParameterKey, ParameterValue }) => ({ ParameterKey, ParameterValue: String(ParameterValue) }));

/** Go from stage to stage; each is an operation whose id derives from the token. */
function runStages(scope: Scope, declared: Declared | undefined, id: string, token: string, stages: readonly Stage[]): Progress {
  const owner = ownerOf(scope, declared?.CallAs);
  const set = findStackSet(owner, id);
  if (set === undefined) return { state: "failed", id, reason: `StackSet ${id} not found` };
  for (const [index, stage] of stages.entries()) {
    const operationId = idsFrom(`stack set ${token} ${index}`).uuid();
    const operation = stackSetOperations.get(owner, `${id}/${operationId}`);
    if (operation === undefined) {
      const [open] = unfinishedOperations(owner, set);
      if (open !== undefined && !set.managedExecution) return waitFor(id, open.operationId);
      const started = attempt(
        scope,
        () => {
          stage(owner, set, operationId);
          return id;
        },
        id,
      );
      return started.state === "done" ? waitFor(id, operationId) : started;
    }
    if (operation.endedAt === undefined) return waitFor(id, operationId);
    if (operation.status !== "SUCCEEDED")
      return { state: "failed", id, reason: `Stack set operation [${operationId}] was unexpectedly stopped or failed` };
  }
  return { state: "done", id };
}

const waitFor = (id: string, operationId: string): Progress => ({
  state: "busy",
  id,
  because: `operation ${operationId} of stack set ${id} is in progress`,
});

/** What CreateStackSet and UpdateStackSet both take. */
function ownOf(declared: Declared) {
  const { AutoDeployment: automatic, ManagedExecution: managed } = declared;
  const parameters = declared["Parameters"] as Group["ParameterOverrides"];
  const text = (name: string): string | undefined => declared[name] as string | undefined;
  const some = <K extends string>(name: K): { readonly [name in K]?: string } =>
    (text(name) === undefined ? {} : { [name]: text(name) }) as { readonly [name in K]?: string };
  return {
    ...some("Description"),
    ...some("TemplateBody"),
    ...some("TemplateURL"),
    ...some("AdministrationRoleARN"),
    ...some("ExecutionRoleName"),
    ...(parameters && {
      Parameters: parameters.map(({ ParameterKey, ParameterValue }) => ({ ParameterKey, ParameterValue: String(ParameterValue) })),
    }),
    ...(declared["Capabilities"] !== undefined && { Capabilities: [...(declared["Capabilities"] as Capability[])] }),
    ...(automatic && {
      AutoDeployment: {
        Enabled: isTrue(automatic["Enabled"]),
        ...(automatic["RetainStacksOnAccountRemoval"] !== undefined && {
          RetainStacksOnAccountRemoval: isTrue(automatic["RetainStacksOnAccountRemoval"]),
        }),
        ...(automatic["DependsOn"] !== undefined && { DependsOn: automatic["DependsOn"] as string[] }),
      },
    }),
    ...(managed && { ManagedExecution: { Active: isTrue(managed.Active) } }),
    ...(declared.Tags && { Tags: declared.Tags.map((tag) => ({ ...tag })) }),
  };
}

const isTrue = (value: unknown): boolean => String(value) === "true";

const withStackTags = ({ Tags = [] }: Declared, tags: ResourceRequest["tags"]): { Key: string; Value: string }[] => [
  ...tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)),
  ...Tags.map((tag) => ({ ...tag })),
];

/** Numbers may have come as text. */
function preferencesOf({ OperationPreferences = {} }: Declared): StackSetOperationPreferences {
  const entries = Object.entries(OperationPreferences).map(([name, value]) => [
    name,
    /(Count|Percentage)$/.test(name) ? Number(value) : value,
  ]);
  return Object.fromEntries(entries) as StackSetOperationPreferences;
}

/** One target in one region, and what is special about it. */
interface Cell {
  readonly targets: DeploymentTargets;
  readonly region: string;
  readonly overrides: Group["ParameterOverrides"];
}

/** Groups taken apart, so that two lists of groups can be compared. Where accounts are filtered, the targets stay together. */
function cellsOf(groups: readonly Group[]): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const { DeploymentTargets: all, Regions, ParameterOverrides } of groups) {
    const { Accounts = [], OrganizationalUnitIds = [], AccountFilterType = "NONE", AccountsUrl } = all;
    const apart: DeploymentTargets[] =
      AccountFilterType === "NONE" && AccountsUrl === undefined
        ? [
            ...Accounts.map((account) => ({ Accounts: [account] })),
            ...OrganizationalUnitIds.map((unit) => ({ OrganizationalUnitIds: [unit] })),
          ]
        : [all];
    for (const targets of apart)
      for (const region of Regions)
        cells.set(`${region} ${JSON.stringify(targets)}`, { targets, region, overrides: ParameterOverrides ?? [] });
  }
  return cells;
}

/** Cells put together again: a group for the same overrides in the same regions. */
function groupsOf(cells: readonly (readonly [string, Cell])[]): Group[] {
  const byTarget = new Map<string, Group>();
  for (const [, { targets, region, overrides = [] }] of cells) {
    const key = JSON.stringify([targets, overrides]);
    const Regions = [...(byTarget.get(key)?.Regions ?? []), region];
    byTarget.set(key, { DeploymentTargets: targets, ParameterOverrides: overrides, Regions });
  }
  const groups = new Map<string, Group>();
  for (const group of byTarget.values()) {
    const { AccountFilterType, AccountsUrl, Accounts, OrganizationalUnitIds } = group.DeploymentTargets;
    const alone = AccountFilterType !== undefined || AccountsUrl !== undefined ? group.DeploymentTargets : Accounts === undefined;
    const key = JSON.stringify([alone, group.Regions, group.ParameterOverrides]);
    const known = groups.get(key)?.DeploymentTargets;
    groups.set(key, {
      ...group,
      DeploymentTargets: {
        ...group.DeploymentTargets,
        ...(Accounts && { Accounts: [...(known?.Accounts ?? []), ...Accounts] }),
        ...(OrganizationalUnitIds && { OrganizationalUnitIds: [...(known?.OrganizationalUnitIds ?? []), ...OrganizationalUnitIds] }),
      },
    });
  }
  return [...groups.values()];
}
