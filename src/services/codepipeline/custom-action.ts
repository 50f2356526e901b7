import type { Scope } from "../../kernel/scope.ts";
import { observeFunction } from "./actions/lambda.ts";
import type { CustomActionType } from "./custom-action-type.ts";
import { endOfJob, forgetJobs, jobsOf, putJob } from "./job-run.ts";
import type { ActionProgress, ActionProvider, ActionType } from "./provider.ts";
import type { Run } from "./run.ts";

const TIMEOUT_MINUTES = 1440;

/** Somebody's own workers carry the action out; of a partner's type also a function. */
export function customProvider(type: CustomActionType): ActionProvider {
  const { id, actionConfigurationProperties = [], inputArtifactDetails, outputArtifactDetails, settings } = type.shown;
  const lambda = type.partner?.declaration.executor?.configuration?.lambdaExecutorConfiguration;
  const queryable = actionConfigurationProperties.find((property) => property.queryable)?.name;
  return {
    type: id as ActionType,
    inputs: [inputArtifactDetails!.minimumCount!, inputArtifactDetails!.maximumCount!],
    outputs: [outputArtifactDetails!.minimumCount!, outputArtifactDetails!.maximumCount!],
    properties: actionConfigurationProperties.map(({ name, required = false, secret = false }) => ({ name: name!, required, secret })),
    timeoutMinutes: TIMEOUT_MINUTES,
    observe: (scope, run) =>
      lambda === undefined ? awaitWorker(scope, run, type.id, queryable) : observeFunction(scope, run, lambda.lambdaFunctionArn!),
    stop: forgetJobs,
    ...(settings?.entityUrlTemplate !== undefined && {
      entityUrl: (_: Scope, configuration: Readonly<Record<string, string>>) => filled(settings.entityUrlTemplate!, configuration),
    }),
  };
}

function awaitWorker(scope: Scope, run: Run, wanted: string, queryable: string | undefined): ActionProgress {
  const known = jobsOf(scope, run);
  const job = known.at(-1);
  const query = queryable === undefined ? {} : { query: run.configuration[queryable]! };
  const queue = (continuationToken?: string) =>
    putJob(scope, run, known.length + 1, {
      status: "Queued",
      wanted,
      ...query,
      ...(continuationToken !== undefined && { continuationToken }),
    });
  if (job === undefined) return waiting(queue().jobId, "is to be polled for");
  switch (job.status) {
    case "Succeeded":
      if (job.continuationToken !== undefined) return waiting(queue(job.continuationToken).jobId, "is to be polled for");
      break;
    case "Failed":
      break;
    case "InProgress":
      return waiting(job.jobId, "has not been reported on");
    default:
      return waiting(job.jobId, "is to be polled for");
  }
  forgetJobs(scope, run);
  return endOfJob(scope, job);
}

const waiting = (jobId: string, what: string): ActionProgress => ({ status: "InProgress", because: `job ${jobId} ${what}` });

/** Such as http://jenkins/job/{Config:ProjectName}. */
const filled = (template: string, configuration: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{Config:([^}]+)\}/g, (text, name) => configuration[name] ?? text);
