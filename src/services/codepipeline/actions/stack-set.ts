import type { Scope } from "../../../kernel/scope.ts";
import { deployStackInstances, deployStackSet, type StackInstancesWish, type StackSetOutcome } from "../../cloudformation/api.ts";
import { toRead } from "../permission.ts";
import { type ActionProgress, type ActionProvider, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";
import { readPath, Unreadable } from "./stack-wish.ts";

const TIMEOUT_MINUTES = 4320;
const PACE = [{ name: "FailureTolerancePercentage" }, { name: "MaxConcurrentPercentage" }, { name: "CallAs" }];

type Configuration = Readonly<Record<string, string>>;

/** A stack set, and the instances of it that are named. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-StackSets.html */
export const stackSet: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "CloudFormationStackSet", version: "1" },
  inputs: [1, 10],
  outputs: [0, 0],
  properties: [
    { name: "StackSetName", required: true },
    { name: "TemplatePath", required: true },
    { name: "Description" },
    { name: "Parameters" },
    { name: "Capabilities" },
    { name: "PermissionModel" },
    { name: "AdministrationRoleArn" },
    { name: "ExecutionRoleName" },
    { name: "OrganizationsAutoDeployment" },
    { name: "DeploymentTargets" },
    { name: "Regions" },
    ...PACE,
  ],
  timeoutMinutes: TIMEOUT_MINUTES,
  check: checkTargets,
  needs: (scope, run) => [...toRead(scope, run), ...calls(scope, run, "CreateStackSet", "UpdateStackSet")],
  observe: (scope, run) =>
    readable(() => progressOf(run, deployStackSet(scope, { ...wishOf(scope, run), settings: settingsOf(scope, run) }))),
};

/** Instances of a stack set: created where they are missing, updated where they are. */
export const stackInstances: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "CloudFormationStackInstances", version: "1" },
  inputs: [0, 10],
  outputs: [0, 0],
  properties: [
    { name: "StackSetName", required: true },
    { name: "DeploymentTargets", required: true },
    { name: "Regions", required: true },
    { name: "ParameterOverrides" },
    ...PACE,
  ],
  timeoutMinutes: TIMEOUT_MINUTES,
  check: checkTargets,
  needs: (scope, run) => [...toRead(scope, run), ...calls(scope, run, "CreateStackInstances", "UpdateStackInstances")],
  observe: (scope, run) => readable(() => progressOf(run, deployStackInstances(scope, wishOf(scope, run)))),
};

const calls = ({ account }: Scope, { region, configuration }: Run, ...actions: string[]) =>
  actions.map((action) => ({
    action: `cloudformation:${action}`,
    resource: `arn:aws:cloudformation:${region}:${account}:stackset/${configuration["StackSetName"]}:*`,
  }));

function checkTargets(
  { DeploymentTargets, Regions, PermissionModel = "SELF_MANAGED", OrganizationsAutoDeployment }: Configuration,
  action: string,
): void {
  if ((DeploymentTargets === undefined) !== (Regions === undefined)) {
    refuseAction(`Action configuration for action '${action}' must have both 'DeploymentTargets' and 'Regions', or neither`);
  }
  if (!["SELF_MANAGED", "SERVICE_MANAGED"].includes(PermissionModel))
    refuseAction(`Action configuration for action '${action}' has an invalid value '${PermissionModel}' for 'PermissionModel'`);
  if (OrganizationsAutoDeployment !== undefined && PermissionModel !== "SERVICE_MANAGED")
    refuseAction(
      `Action configuration for action '${action}' has 'OrganizationsAutoDeployment', which needs the permission model SERVICE_MANAGED`,
    );
}

function settingsOf(scope: Scope, run: Run) {
  const { TemplatePath, Description, Parameters, Capabilities, PermissionModel, AdministrationRoleArn, ExecutionRoleName } =
    run.configuration;
  const automatic = run.configuration["OrganizationsAutoDeployment"];
  return {
    TemplateBody: readPath(scope, run, TemplatePath!),
    ...(Description && { Description }),
    ...(Parameters && { Parameters: parametersIn(scope, run, Parameters) }),
    ...(Capabilities && { Capabilities: listOf(Capabilities) as ("CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM" | "CAPABILITY_AUTO_EXPAND")[] }),
    ...(PermissionModel && { PermissionModel: PermissionModel as "SELF_MANAGED" | "SERVICE_MANAGED" }),
    ...(AdministrationRoleArn && { AdministrationRoleARN: AdministrationRoleArn }),
    ...(ExecutionRoleName && { ExecutionRoleName }),
    ...(PermissionModel === "SERVICE_MANAGED" && { AutoDeployment: autoDeploymentOf(automatic) }),
  };
}

function autoDeploymentOf(text: string | undefined) {
  if (text === undefined || text === "Disabled") return { Enabled: false };
  return { Enabled: true, RetainStacksOnAccountRemoval: text === "EnabledWithStackRetention" };
}

function wishOf(scope: Scope, run: Run): StackInstancesWish {
  const { StackSetName, DeploymentTargets, Regions = "", ParameterOverrides, CallAs } = run.configuration;
  const { FailureTolerancePercentage, MaxConcurrentPercentage } = run.configuration;
  const targets = DeploymentTargets === undefined ? [] : targetsIn(scope, run, DeploymentTargets);
  const accounts = targets.filter((target) => /^\d{12}$/.test(target));
  const organizationalUnits = targets.filter((target) => !accounts.includes(target));
  const preferences = {
    ...(FailureTolerancePercentage && { FailureTolerancePercentage: Number(FailureTolerancePercentage) }),
    ...(MaxConcurrentPercentage && { MaxConcurrentPercentage: Number(MaxConcurrentPercentage) }),
  };
  return {
    token: run.actionExecutionId,
    stackSetName: StackSetName!,
    ...(targets.length > 0 && { targets: { accounts, organizationalUnits, regions: listOf(Regions) } }),
    ...(ParameterOverrides && { overrides: parametersIn(scope, run, ParameterOverrides) }),
    ...(Object.keys(preferences).length > 0 && { preferences }),
    ...(CallAs && { callAs: CallAs as "SELF" | "DELEGATED_ADMIN" }),
  };
}

/** Written out, or a list in a file of an artifact: accounts or organizational units. */
function targetsIn(scope: Scope, run: Run, text: string): string[] {
  return text.includes("::") ? (parsed(readPath(scope, run, text), text) as string[]).map(String) : listOf(text);
}

/** ParameterKey=Size,ParameterValue=2 ParameterKey=…, or a list in a file of an artifact. */
function parametersIn(
  scope: Scope,
  run: Run,
  text: string,
): { ParameterKey?: string; ParameterValue?: string; UsePreviousValue?: boolean }[] {
  if (/^[\w-]+::/.test(text)) return parsed(readPath(scope, run, text), text) as { ParameterKey: string }[];
  return text.split(/\s+(?=ParameterKey=)/).map((one) => {
    const members = one.split(/,(?=(?:ParameterValue|UsePreviousValue|ParameterKey)=)/).map((member) => {
      const at = member.indexOf("=");
      return [member.slice(0, at).trim(), member.slice(at + 1)] as const;
    });
    const { UsePreviousValue, ...rest } = Object.fromEntries(members);
    return { ...rest, ...(UsePreviousValue !== undefined && { UsePreviousValue: UsePreviousValue === "true" }) };
  });
}

function progressOf({ configuration: { StackSetName } }: Run, outcome: StackSetOutcome): ActionProgress {
  const external = outcome.operationId === undefined ? {} : { externalExecutionId: outcome.operationId };
  switch (outcome.state) {
    case "busy":
      return { status: "InProgress", because: outcome.because, ...external };
    case "failed":
      return failed("JobFailed", outcome.reason, { ...external, summary: outcome.reason });
    case "done": {
      const variables = { StackSetId: outcome.stackSetId, ...(outcome.operationId && { OperationId: outcome.operationId }) };
      return { status: "Succeeded", ...external, summary: `Stack set ${StackSetName} was deployed.`, variables };
    }
  }
}

function readable(work: () => ActionProgress): ActionProgress {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return failed("ConfigurationError", error.message);
  }
}

function parsed(text: string, what: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {}
  throw new Unreadable(`${what} is not a JSON list.`);
}

const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
