import type { Scope } from "../../../kernel/scope.ts";
import {
  type ChangeSetOutcome,
  createChangeSet,
  createOrUpdateStack,
  deleteStack,
  executeChangeSet,
  type StackOutcome,
  type StackWish,
} from "../../cloudformation/api.ts";
import { toRead, toWrite } from "../permission.ts";
import { type ActionProgress, type ActionProvider, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";
import { zipOf } from "../zip.ts";
import { Unreadable, wishOf } from "./stack-wish.ts";

const TIMEOUT_MINUTES = 4320;

/**
 * What each mode needs. A change set without a role is made with what the action itself may do, though the page says otherwise.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
 */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  CREATE_UPDATE: ["TemplatePath", "RoleArn"],
  REPLACE_ON_FAILURE: ["TemplatePath", "RoleArn"],
  DELETE_ONLY: ["RoleArn"],
  CHANGE_SET_REPLACE: ["ChangeSetName", "TemplatePath"],
  CHANGE_SET_EXECUTE: ["ChangeSetName"],
};

/** What each mode calls in the name of the action's role. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  CREATE_UPDATE: ["DescribeStacks", "CreateStack", "UpdateStack"],
  REPLACE_ON_FAILURE: ["DescribeStacks", "CreateStack", "UpdateStack", "DeleteStack"],
  DELETE_ONLY: ["DescribeStacks", "DeleteStack"],
  CHANGE_SET_REPLACE: ["DescribeStacks", "CreateChangeSet", "DeleteChangeSet", "DescribeChangeSet"],
  CHANGE_SET_EXECUTE: ["DescribeStacks", "DescribeChangeSet", "ExecuteChangeSet"],
};

/** A stack, or a change set of one. */
export const cloudFormation: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "CloudFormation", version: "1" },
  inputs: [0, 10],
  outputs: [0, 1],
  properties: [
    { name: "ActionMode", required: true },
    { name: "StackName", required: true },
    { name: "ChangeSetName" },
    { name: "TemplatePath" },
    { name: "TemplateConfiguration" },
    { name: "Capabilities" },
    { name: "RoleArn" },
    { name: "ParameterOverrides" },
    { name: "OutputFileName" },
  ],
  timeoutMinutes: TIMEOUT_MINUTES,
  check(configuration, action) {
    const mode = configuration["ActionMode"]!;
    const required = REQUIRED[mode];
    if (required === undefined)
      return refuseAction(`Action configuration for action '${action}' has an invalid value '${mode}' for 'ActionMode'`);
    for (const name of required) {
      if (!configuration[name]) refuseAction(`Action configuration for action '${action}' is missing required configuration '${name}'`);
    }
  },
  needs(scope, run) {
    const { ActionMode, StackName, RoleArn } = run.configuration;
    const resource = `arn:aws:cloudformation:${run.region}:${scope.account}:stack/${StackName}/*`;
    return [
      ...toRead(scope, run),
      ...CALLS[ActionMode!]!.map((action) => ({ action: `cloudformation:${action}`, resource })),
      ...(RoleArn
        ? [{ action: "iam:PassRole", resource: RoleArn, context: { "iam:PassedToService": "cloudformation.amazonaws.com" } }]
        : []),
      ...toWrite(scope, run),
    ];
  },
  observe(scope, run) {
    try {
      return carryOut(scope, run);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return failed("ConfigurationError", error.message);
    }
  },
  entityUrl: ({ region }, { StackName }) =>
    `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks?filteringText=${StackName}`,
};

function carryOut(scope: Scope, run: Run): ActionProgress {
  const { ActionMode, StackName, ChangeSetName, RoleArn } = run.configuration;
  const wish: StackWish = { stackName: StackName!, token: run.actionExecutionId };
  switch (ActionMode) {
    case "CREATE_UPDATE":
      return stackProgress(scope, run, createOrUpdateStack(scope, wishOf(scope, run, wish)));
    case "REPLACE_ON_FAILURE":
      return stackProgress(scope, run, createOrUpdateStack(scope, wishOf(scope, run, wish), { replaceFailed: true }));
    case "DELETE_ONLY":
      return stackProgress(scope, run, deleteStack(scope, { ...wish, ...(RoleArn && { roleArn: RoleArn }) }));
    case "CHANGE_SET_REPLACE":
      return changeSetProgress(createChangeSet(scope, { ...wishOf(scope, run, wish), changeSetName: ChangeSetName! }), ChangeSetName!);
    case "CHANGE_SET_EXECUTE":
      return stackProgress(scope, run, executeChangeSet(scope, { ...wish, changeSetName: ChangeSetName! }));
    default:
      throw new Error(`no action mode ${ActionMode}`);
  }
}

function stackProgress(scope: Scope, run: Run, outcome: StackOutcome): ActionProgress {
  const { stackId } = outcome;
  const external = stackId ? { externalExecutionId: stackId, externalExecutionUrl: consoleUrl(scope, stackId) } : {};
  switch (outcome.state) {
    case "busy":
      return {
        status: "InProgress",
        because: outcome.because,
        ...external,
        summary: `Stack ${run.configuration["StackName"]} is in ${outcome.status}.`,
      };
    case "failed":
      return failed("JobFailed", reasonOf(outcome), { ...external, summary: reasonOf(outcome) });
    case "done":
      return { status: "Succeeded", ...external, summary: summaryOf(run, outcome.status), ...given(scope, run, outcome.outputs) };
  }
}

const reasonOf = ({ status, reason }: { status?: string; reason: string }): string =>
  status === undefined ? reason : `${reason} (Status: ${status})`;

const summaryOf = ({ configuration }: Run, status: string): string => `Stack ${configuration["StackName"]} is in ${status}.`;

/** The stack's outputs, as variables and, where a name for it is declared, as a file. */
function given({ blobs }: Scope, run: Run, outputs: readonly { readonly OutputKey: string; readonly OutputValue: string }[]) {
  const variables = Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const [artifact] = run.outputs;
  const name = run.configuration["OutputFileName"];
  if (artifact === undefined || name === undefined) return { variables };
  return { variables, artifacts: { [artifact]: blobs.write(zipOf(name, Buffer.from(JSON.stringify(variables)))) } };
}

function changeSetProgress(outcome: ChangeSetOutcome, name: string): ActionProgress {
  switch (outcome.state) {
    case "busy":
      return { status: "InProgress", because: outcome.because };
    case "failed":
      return failed("JobFailed", outcome.reason, { summary: outcome.reason });
    case "done": {
      const summary = outcome.noChanges ? `Change set ${name} has no changes.` : `Change set ${name} was created.`;
      return { status: "Succeeded", externalExecutionId: outcome.changeSetArn, summary };
    }
  }
}

const consoleUrl = ({ region }: Scope, stackId: string): string =>
  `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks/stackinfo?stackId=${encodeURIComponent(stackId)}`;
