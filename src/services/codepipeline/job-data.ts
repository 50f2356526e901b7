import type { Scope } from "../../kernel/scope.ts";
import type { JobData } from "../../sdk/codepipeline.js";
import { actionRuns } from "./action-run.ts";
import type { Job } from "./job.ts";
import { credentialsFor } from "./job-run.ts";

/** What a worker gets: with credentials for the artifacts, new ones each time, as on AWS. */
export const dataFor = (scope: Scope, job: Job): JobData => ({
  ...(job.data as JobData),
  artifactCredentials: credentialsFor(scope, actionRuns.get(scope, job.run)!, job),
});
