import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type AutoDeployment as AutoDeploymentShape,
  type Capability,
  CreatedButModifiedException,
  CreateStackSet$,
  DeleteStackSet$,
  DescribeStackSet$,
  InvalidOperationException,
  LimitExceededException,
  ListStackSets$,
  NameAlreadyExistsException,
  OperationInProgressException,
  type PermissionModels,
  type StackSetDriftDetectionStatus,
  type StackSetDriftStatus,
  StackSetNotEmptyException,
  StackSetNotFoundException,
  type StackSetStatus,
  UpdateStackSet$,
  type UpdateStackSetInput,
} from "../../sdk/cloudformation.js";
import { targetsOf } from "./deployment-target.ts";
import { ownerOf, requireOrganization } from "./organizations-access.ts";
import { describeParameter, type GivenParameter, type ParameterValue, resolveParameters } from "./parameter.ts";
import { requireStack, type StackTag, withId } from "./stack.ts";
import { instancesOf, requireInstance } from "./stack-instance.ts";
import { tellStackSet } from "./stack-set-event.ts";
import { asWillBe, repeated, startOperation, unfinishedOperations } from "./stack-set-operation.ts";
import { ADMINISTRATION_ROLE, EXECUTION_ROLE } from "./stack-set-permission.ts";
import { templateOf } from "./stored-template.ts";
import { permittedTemplate, readChecked, templateText } from "./target.ts";
import type { Template } from "./template.ts";

/** A stack set; its id is AWS's, name:uuid. It is in the account and region that administer it. */
export interface StackSet extends Row {
  readonly name: string;
  readonly status: StackSetStatus;
  readonly description?: string;
  readonly templateBody: string;
  readonly parameters: readonly ParameterValue[];
  readonly capabilities: readonly string[];
  readonly tags: readonly StackTag[];
  readonly permissionModel: PermissionModels;
  /** Of a self-managed one. */
  readonly administrationRoleArn?: string;
  readonly executionRoleName?: string;
  readonly autoDeployment?: AutoDeployment;
  readonly managedExecution: boolean;
  /** The units of the organization that it is deployed to. */
  readonly units: readonly TargetedUnit[];
  readonly createdAt: number;
  readonly modified: boolean;
  readonly deletedAt?: number;
  readonly token?: string;
  /** How many operations it has had, and which was the last. */
  readonly operations: number;
  readonly lastOperationId?: string;
  /** What the last search for drift found. */
  readonly drift?: StackSetDrift;
}

export interface AutoDeployment {
  readonly enabled: boolean;
  readonly retainStacks: boolean;
  /** ARNs of stack sets whose automatic deployments go first. */
  readonly dependsOn: readonly string[];
}

/** A unit that a stack set is deployed to: where, and the accounts that were in it when that was last looked at. */
export interface TargetedUnit {
  readonly id: string;
  readonly regions: readonly string[];
  readonly accounts: readonly string[];
}

export interface StackSetDrift {
  readonly status: StackSetDriftStatus;
  readonly detection: StackSetDriftDetectionStatus;
  readonly checkedAt: number;
  readonly total: number;
  readonly drifted: number;
  readonly inSync: number;
  readonly failed: number;
}

/** What an update makes of a stack set. */
export type StackSetChange = Partial<
  Pick<
    StackSet,
    | "description"
    | "templateBody"
    | "parameters"
    | "capabilities"
    | "tags"
    | "permissionModel"
    | "administrationRoleArn"
    | "executionRoleName"
    | "autoDeployment"
    | "managedExecution"
  >
>;

export const stackSetArnOf = (id: string, { account, region }: { account: string; region: string }): string =>
  `arn:aws:cloudformation:${region}:${account}:stackset/${id}`;

export const stackSets = new Table<StackSet>("cloudformation/stack-set", {
  indexes: { live: ({ status, name }) => (status === "ACTIVE" ? name : undefined) },
  arn: ({ id }, partition) => stackSetArnOf(id, partition),
});

const refuse = (message: string): never => fault("ValidationError", message);
const LISTED_MAX = 100;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const SETS_MAX = 1000;

export const createStackSet = operation(CreateStackSet$, (scope, input) => {
  const { StackSetName, ClientRequestToken, PermissionModel = "SELF_MANAGED", CallAs } = input;
  const owner = ownerOf(scope, CallAs);
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(StackSetName!))
    refuse(
      `1 validation error detected: Value '${StackSetName}' at 'stackSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]{0,127}`,
    );
  const known = stackSets.by(owner, "live", StackSetName!)[0];
  if (known !== undefined) {
    if (ClientRequestToken === undefined || known.token !== ClientRequestToken)
      fault(NameAlreadyExistsException, `StackSet ${StackSetName} already exists`);
    if (known.modified)
      fault(CreatedButModifiedException, `StackSet ${StackSetName} was created by this request, but has been changed since`);
    return { StackSetId: known.id };
  }
  const standing = stackSets.list(owner).filter(({ status }) => status === "ACTIVE");
  if (standing.length >= SETS_MAX) fault(LimitExceededException, `The account has ${SETS_MAX} StackSets already`);
  if (PermissionModel === "SERVICE_MANAGED") requireOrganization(owner);
  else if (CallAs === "DELEGATED_ADMIN") refuse("CallAs DELEGATED_ADMIN is valid only for StackSets with SERVICE_MANAGED permission model");
  const templateBody = input.StackId === undefined ? templateText(owner, input) : templateOfStack(owner, input.StackId);
  const template = permittedTemplate(templateBody, input.Capabilities ?? []);
  const automatic = autoDeploymentOf(PermissionModel, input.AutoDeployment);
  if (PermissionModel === "SERVICE_MANAGED" && automatic === undefined) refuse("AutoDeployment is required for SERVICE_MANAGED StackSets");
  const set: StackSet = {
    id: `${StackSetName}:${scope.id.uuid()}`,
    name: StackSetName!,
    status: "ACTIVE",
    ...(input.Description !== undefined && { description: input.Description }),
    templateBody,
    parameters: parametersOf(template, input.Parameters, []),
    capabilities: input.Capabilities ?? [],
    tags: tagsOf(input.Tags),
    permissionModel: PermissionModel,
    ...rolesOf(owner, PermissionModel, input),
    ...(automatic && { autoDeployment: automatic }),
    managedExecution: input.ManagedExecution?.Active ?? false,
    units: [],
    createdAt: scope.clock.now(),
    modified: false,
    ...(ClientRequestToken !== undefined && { token: ClientRequestToken }),
    operations: 0,
  };
  tellStackSet(owner, stackSets.put(owner, set));
  return { StackSetId: set.id };
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html */
export const updateStackSet = operation(UpdateStackSet$, (scope, input) => {
  const owner = ownerOf(scope, input.CallAs);
  const set = requireStackSet(owner, input.StackSetName);
  const again = repeated(owner, set, input.OperationId, input);
  if (again !== undefined) return { OperationId: again };
  const change = changeOf(owner, asWillBe(owner, set), input);
  const addressed = input.Accounts !== undefined || input.DeploymentTargets !== undefined || input.Regions !== undefined;
  if (addressed && input.Regions === undefined) refuse("You must specify Regions when you specify Accounts or DeploymentTargets");
  if (addressed && input.AutoDeployment !== undefined) refuse("If you specify AutoDeployment, do not specify DeploymentTargets or Regions");
  const targets = addressed ? targetsOf(owner, set, input) : instancesOf(owner, set);
  if (addressed && set.permissionModel === "SELF_MANAGED") for (const one of targets) requireInstance(owner, set, one);
  const outdates = input.TemplateBody !== undefined || input.TemplateURL !== undefined || input.Parameters !== undefined;
  return {
    OperationId: startOperation(owner, set, {
      action: "UPDATE",
      targets,
      everywhere: !addressed,
      request: input,
      change,
      outdates,
      ...(input.DeploymentTargets && { deploymentTargets: input.DeploymentTargets }),
    }),
  };
});

export const deleteStackSet = operation(DeleteStackSet$, (scope, { StackSetName, CallAs }) => {
  const owner = ownerOf(scope, CallAs);
  const set = findStackSet(owner, StackSetName!);
  if (set === undefined) return {};
  if (unfinishedOperations(owner, set).length > 0) fault(OperationInProgressException, inProgress(owner, set));
  if (instancesOf(owner, set).length > 0) fault(StackSetNotEmptyException, "StackSet is not empty");
  tellStackSet(owner, stackSets.patch(owner, set.id, { status: "DELETED", deletedAt: scope.clock.now(), units: [] }));
  return {};
});

export const describeStackSet = operation(DescribeStackSet$, (scope, { StackSetName, CallAs }) => {
  const owner = ownerOf(scope, CallAs);
  const set = stackSets.get(owner, StackSetName!) ?? requireStackSet(owner, StackSetName);
  const declared = readChecked(set.templateBody).template.Parameters;
  const instances = instancesOf(owner, set);
  const drift = set.drift === undefined ? undefined : shownDrift(set.drift, instances.length);
  return {
    StackSet: {
      StackSetName: set.name,
      StackSetId: set.id,
      ...(set.description !== undefined && { Description: set.description }),
      Status: set.status,
      TemplateBody: set.templateBody,
      Parameters: set.parameters.map((value) => describeParameter(declared[value.key], value)),
      Capabilities: [...set.capabilities] as Capability[],
      Tags: set.tags.map((tag) => ({ ...tag })),
      StackSetARN: stackSetArnOf(set.id, owner),
      ...(set.administrationRoleArn !== undefined && { AdministrationRoleARN: set.administrationRoleArn }),
      ...(set.executionRoleName !== undefined && { ExecutionRoleName: set.executionRoleName }),
      StackSetDriftDetectionDetails: drift ?? { DriftStatus: "NOT_CHECKED", TotalStackInstancesCount: instances.length },
      ...(set.autoDeployment && { AutoDeployment: shownAutoDeployment(set.autoDeployment) }),
      PermissionModel: set.permissionModel,
      ...(set.permissionModel === "SERVICE_MANAGED" && { OrganizationalUnitIds: set.units.map(({ id }) => id) }),
      ManagedExecution: { Active: set.managedExecution },
      Regions: [...new Set(instances.map(({ region }) => region))],
    },
  };
});

export const listStackSets = operation(ListStackSets$, (scope, { NextToken, MaxResults = LISTED_MAX, Status, CallAs }) => {
  const owner = ownerOf(scope, CallAs);
  const all = stackSets
    .list(owner)
    .filter(({ status }) => Status === undefined || status === Status)
    .filter(({ permissionModel }) => CallAs !== "DELEGATED_ADMIN" || permissionModel === "SERVICE_MANAGED");
  const { items, nextToken } = page(all, ({ id }) => id, MaxResults, NextToken, invalidToken);
  return {
    Summaries: items.map((set) => ({
      StackSetName: set.name,
      StackSetId: set.id,
      ...(set.description !== undefined && { Description: set.description }),
      Status: set.status,
      ...(set.autoDeployment && { AutoDeployment: shownAutoDeployment(set.autoDeployment) }),
      PermissionModel: set.permissionModel,
      DriftStatus: set.drift?.status ?? "NOT_CHECKED",
      ...(set.drift && { LastDriftCheckTimestamp: new Date(set.drift.checkedAt) }),
      ManagedExecution: { Active: set.managedExecution },
    })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

export const invalidToken = (): never => fault("ValidationError", "Invalid NextToken");

/** The stack set of a name, an id or an ARN, unless it is deleted. */
export function findStackSet(owner: Scope, nameOrId: string): StackSet | undefined {
  const name = /^arn:[^:]+:cloudformation:[^:]*:[^:]*:stackset\/(.+)$/.exec(nameOrId)?.[1] ?? nameOrId;
  const found = name.includes(":") ? stackSets.get(owner, name) : stackSets.by(owner, "live", name)[0];
  return found?.status === "ACTIVE" ? found : undefined;
}

export const requireStackSet = (owner: Scope, nameOrId: string | undefined): StackSet =>
  findStackSet(owner, nameOrId ?? "") ?? fault(StackSetNotFoundException, `StackSet ${nameOrId} not found`);

export const inProgress = (owner: Scope, { id }: StackSet): string =>
  `Another Operation on StackSet ${stackSetArnOf(id, owner)} is in progress`;

export const shownDrift = (drift: StackSetDrift, total = drift.total) => ({
  DriftStatus: drift.status,
  DriftDetectionStatus: drift.detection,
  LastDriftCheckTimestamp: new Date(drift.checkedAt),
  TotalStackInstancesCount: total,
  DriftedStackInstancesCount: drift.drifted,
  InSyncStackInstancesCount: drift.inSync,
  InProgressStackInstancesCount: drift.total - drift.drifted - drift.inSync - drift.failed,
  FailedStackInstancesCount: drift.failed,
});

const shownAutoDeployment = ({ enabled, retainStacks, dependsOn }: AutoDeployment): AutoDeploymentShape => ({
  Enabled: enabled,
  ...(enabled && { RetainStacksOnAccountRemoval: retainStacks }),
  ...(dependsOn.length > 0 && { DependsOn: [...dependsOn] }),
});

/** The values of a set's parameters. What a name of the parameter store stands for is looked up in each account. */
function parametersOf(template: Template, given: readonly GivenParameter[] = [], previous: readonly ParameterValue[]): ParameterValue[] {
  const resolved = resolveParameters(template.Parameters, given, previous, { parameterStore: (value) => ({ state: "value", value }) });
  if (resolved.state === "busy") return fault("ServiceUnavailable", resolved.because, 503);
  return resolved.values.map(({ key, value }) => ({ key, value }));
}

const tagsOf = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): StackTag[] =>
  tags.map(({ Key, Value }) => ({ Key: Key!, Value: Value! }));

function templateOfStack(owner: Scope, arn: string): string {
  const there = owner.at(arn);
  const { target } = requireStack(there, arn, withId);
  return templateOf(there, target ?? refuse(`Stack ${arn} has no template yet`)).text;
}

interface GivenRoles {
  readonly AdministrationRoleARN?: string | undefined;
  readonly ExecutionRoleName?: string | undefined;
}

function rolesOf(owner: Scope, model: PermissionModels, { AdministrationRoleARN, ExecutionRoleName }: GivenRoles, known?: StackSet) {
  if (model === "SERVICE_MANAGED") {
    if (AdministrationRoleARN !== undefined || ExecutionRoleName !== undefined)
      refuse("AdministrationRoleARN and ExecutionRoleName are valid only for StackSets with SELF_MANAGED permission model");
    return {};
  }
  return {
    administrationRoleArn:
      AdministrationRoleARN ?? known?.administrationRoleArn ?? `arn:aws:iam::${owner.account}:role/${ADMINISTRATION_ROLE}`,
    executionRoleName: ExecutionRoleName ?? known?.executionRoleName ?? EXECUTION_ROLE,
  };
}

function autoDeploymentOf(model: PermissionModels, given: AutoDeploymentShape | undefined): AutoDeployment | undefined {
  if (given === undefined) return undefined;
  const { Enabled = false, RetainStacksOnAccountRemoval, DependsOn = [] } = given;
  if (model === "SELF_MANAGED") refuse("AutoDeployment is valid only for StackSets with SERVICE_MANAGED permission model");
  if (!Enabled && RetainStacksOnAccountRemoval !== undefined)
    refuse("RetainStacksOnAccountRemoval can be specified only if AutoDeployment is enabled");
  return { enabled: Enabled, retainStacks: RetainStacksOnAccountRemoval ?? false, dependsOn: DependsOn };
}

/** What the update makes of the set; the roles and the model stay where nothing is said of them. */
function changeOf(owner: Scope, set: StackSet, input: UpdateStackSetInput): StackSetChange {
  const { PermissionModel = set.permissionModel, ManagedExecution, Description } = input;
  if (PermissionModel !== set.permissionModel && instancesOf(owner, set).length > 0)
    refuse("You cannot modify PermissionModel if there are stack instances associated with your stack set");
  if (PermissionModel === "SERVICE_MANAGED") requireOrganization(owner);
  const managed = ManagedExecution?.Active ?? set.managedExecution;
  if (managed !== set.managedExecution && unfinishedOperations(owner, set).length > 0)
    fault(
      InvalidOperationException,
      "You cannot modify your StackSet's execution configuration while there are running or queued operations for that StackSet",
    );
  const { UsePreviousTemplate, TemplateBody, TemplateURL } = input;
  if (UsePreviousTemplate && (TemplateBody ?? TemplateURL) !== undefined)
    refuse("You must specify only one of TemplateBody, TemplateURL or UsePreviousTemplate");
  const templateBody = UsePreviousTemplate ? set.templateBody : templateText(owner, input);
  const template = permittedTemplate(templateBody, input.Capabilities ?? []);
  const automatic = autoDeploymentOf(PermissionModel, input.AutoDeployment);
  if (automatic !== undefined && isReachedFrom(owner, automatic.dependsOn, set.id))
    refuse("AutoDeployment DependsOn must not lead back to the StackSet itself");
  return {
    ...(Description !== undefined && { description: Description }),
    templateBody,
    parameters: parametersOf(template, input.Parameters ?? kept(set, template), set.parameters),
    capabilities: input.Capabilities ?? [],
    ...(input.Tags && { tags: tagsOf(input.Tags) }),
    permissionModel: PermissionModel,
    ...rolesOf(owner, PermissionModel, input, set),
    ...(automatic && { autoDeployment: automatic }),
    managedExecution: managed,
  };
}

/** Whether some of the stack sets of these ARNs is this one, or depends on it. */
const isReachedFrom = (owner: Scope, arns: readonly string[], id: string): boolean =>
  arns.some((arn) => {
    const other = findStackSet(owner, arn);
    return other !== undefined && (other.id === id || isReachedFrom(owner, other.autoDeployment?.dependsOn ?? [], id));
  });

/** Parameters of which an update says nothing at all stay as they are, as far as the template still has them. */
const kept = ({ parameters }: StackSet, template: Template): GivenParameter[] =>
  parameters.filter(({ key }) => Object.hasOwn(template.Parameters, key)).map(({ key }) => ({ ParameterKey: key, UsePreviousValue: true }));
