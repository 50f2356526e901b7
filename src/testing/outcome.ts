/** How something ended, as far as AWS tells. */
export interface Outcome {
  /** Such as "deployment d-1" or "stack Shop". */
  readonly what: string;
  /** AWS's own word. */
  readonly state: string;
  readonly ended: "succeeded" | "failed" | "rolled back" | "not yet";
  /** Every sentence in which AWS says why. */
  readonly reasons: readonly string[];
}

type Answer = Readonly<Record<string, any>>;

/** Which answers of AWS tell how something ended, and how to read them; the first that fits reads. */
const readers: readonly { readonly fits: (answer: Answer) => boolean; readonly read: (answer: Answer) => Outcome }[] = [
  { fits: (answer) => "deploymentInfo" in answer, read: ({ deploymentInfo }) => ofDeployment(deploymentInfo) },
  { fits: (answer) => "deploymentId" in answer, read: ofDeployment },
  { fits: (answer) => "StackEvents" in answer, read: ({ StackEvents }) => ofStackEvents(StackEvents) },
  { fits: (answer) => "Stacks" in answer, read: ({ Stacks }) => ofStack(Stacks[0]) },
  { fits: (answer) => "StackStatus" in answer, read: ofStack },
  { fits: (answer) => "pipelineExecution" in answer, read: ({ pipelineExecution }) => ofPipeline(pipelineExecution) },
  { fits: (answer) => "actionExecutionDetails" in answer, read: ({ actionExecutionDetails }) => ofActions(actionExecutionDetails) },
  { fits: (answer) => "pipelineExecutionId" in answer, read: ofPipeline },
  { fits: (answer) => "buildStatus" in answer, read: ofBuild },
];

/** Read an answer of GetDeployment, DescribeStacks, DescribeStackEvents, GetPipelineExecution, ListActionExecutions or BatchGetBuilds. */
export function outcomeOf(answer: unknown): Outcome {
  const reader = readers.find(({ fits }) => typeof answer === "object" && answer !== null && fits(answer));
  if (reader === undefined) throw new TypeError("expected what AWS answers of a deployment, a stack, a pipeline execution or a build");
  return reader.read(answer as Answer);
}

function ofDeployment({ deploymentId, status, errorInformation, rollbackInfo }: Answer): Outcome {
  const rolledBack = rollbackInfo?.rollbackDeploymentId !== undefined;
  const reasons = [errorInformation?.code, errorInformation?.message, rollbackInfo?.rollbackMessage];
  return { what: `deployment ${deploymentId}`, state: status, ended: rolledBack ? "rolled back" : endOf(status), reasons: said(reasons) };
}

function ofStack({ StackName, StackStatus, StackStatusReason }: Answer): Outcome {
  return { what: `stack ${StackName}`, state: StackStatus, ended: endOfStack(StackStatus), reasons: said([StackStatusReason]) };
}

/** The events of a stack's last operation, newest first, with the reasons of its resources. */
function ofStackEvents(events: readonly Answer[]): Outcome {
  const ofItself = ({ PhysicalResourceId, StackId }: Answer): boolean => PhysicalResourceId === StackId;
  const begun = events.findIndex((event) => ofItself(event) && /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(event["ResourceStatus"]));
  const last = events.find(ofItself)!;
  const reasons = events.slice(0, begun).map(({ ResourceStatusReason }) => ResourceStatusReason);
  const state = last["ResourceStatus"];
  return { what: `stack ${last["StackName"]}`, state, ended: endOfStack(state), reasons: said(reasons) };
}

function ofPipeline({ pipelineExecutionId, status, statusSummary }: Answer): Outcome {
  return { what: `execution ${pipelineExecutionId}`, state: status, ended: endOf(status), reasons: said([statusSummary]) };
}

/** All the actions of one execution. */
function ofActions(actions: readonly Answer[]): Outcome {
  const reasons = actions.flatMap(({ output }) => [
    output?.executionResult?.errorDetails?.message,
    output?.executionResult?.externalExecutionSummary,
  ]);
  const worst = ["Failed", "InProgress"].find((state) => actions.some(({ status }) => status === state)) ?? "Succeeded";
  return { what: `execution ${actions[0]?.["pipelineExecutionId"]}`, state: worst, ended: endOf(worst), reasons: said(reasons) };
}

function ofBuild({ id, buildStatus, phases = [] }: Answer): Outcome {
  const reasons = phases.flatMap(({ contexts = [] }: Answer) =>
    contexts.flatMap(({ statusCode, message }: Answer) => [statusCode, message]),
  );
  return { what: `build ${id}`, state: buildStatus, ended: endOf(buildStatus), reasons: said(reasons) };
}

/** Deployments, executions and builds write the same words each in its own way. */
function endOf(status: string): Outcome["ended"] {
  switch (status.toUpperCase()) {
    case "SUCCEEDED":
      return "succeeded";
    case "FAILED":
    case "FAULT":
    case "TIMED_OUT":
    case "STOPPED":
    case "SUPERSEDED":
    case "CANCELLED":
      return "failed";
    default:
      return "not yet";
  }
}

function endOfStack(status: string): Outcome["ended"] {
  if (status.endsWith("ROLLBACK_COMPLETE")) return "rolled back";
  if (status.endsWith("_FAILED")) return "failed";
  return status.endsWith("_COMPLETE") ? "succeeded" : "not yet";
}

const said = (reasons: readonly (string | undefined)[]): string[] =>
  reasons.filter((reason) => reason !== undefined && reason !== "") as string[];
