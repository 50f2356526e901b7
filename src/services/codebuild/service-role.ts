import type { Scope } from "../../kernel/scope.ts";
import { sessionOf } from "../iam/api.ts";
import { type Build, buildArn, logOf, uuidOf } from "./build.ts";
import type { PhaseEnd } from "./phase.ts";

/** The service role of a build, as it calls other services. */
export const asServiceRole = (scope: Scope, build: Pick<Build, "id" | "declaration">): Scope =>
  scope.as(sessionOf(scope, build.declaration.serviceRole!, `AWSCodeBuild-${uuidOf(build)}`));

/** Why the service role may not do a thing, in IAM's sentence; undefined where it may, or IAM does not decide. */
export const roleRefusal = (scope: Scope, build: Pick<Build, "id" | "declaration">, action: string, resource: string): string | undefined =>
  asServiceRole(scope, build).refusal(action, resource);

/** How a build ends that may not write its log: nothing of it can be in the log. */
export const ACCESS_DENIED = "ACCESS_DENIED";

/** A build whose role may not write its log ends before it begins. */
export function logProblem(scope: Scope, build: Build): PhaseEnd | undefined {
  const log = logOf(build);
  if (log === undefined) return undefined;
  const stream = scope.arn("logs", `log-group:${log.group}:log-stream:${log.stream}`);
  const refusal = roleRefusal(scope, build, "logs:CreateLogStream", stream);
  if (refusal === undefined) return undefined;
  const what = `does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build ${buildArn(scope, build.id)}`;
  return {
    status: "FAILED",
    statusCode: ACCESS_DENIED,
    message: `Service role ${build.declaration.serviceRole} ${what}. Error message: ${refusal}`,
  };
}
