import { fault } from "../../kernel/fault.ts";
import { stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type AlarmConfiguration,
  type AutoRollbackConfiguration,
  InvalidRevisionException,
  type RevisionLocation,
} from "../../sdk/codedeploy.js";
import { requireApplication } from "./application.ts";
import { parseLambdaAppSpec } from "./appspec.ts";
import { requireConfig } from "./config.ts";
import { type Deployment, deploymentCounts, deployments } from "./deployment.ts";
import { newEcsProgress } from "./ecs.ts";
import { parseEcsAppSpec } from "./ecs-appspec.ts";
import { groups } from "./group.ts";
import { newLambdaProgress } from "./lambda.ts";
import { appSpecOf, checkRevision, useRevision } from "./revision.ts";
import { newServerProgress, type ServerWish } from "./server.ts";
import { shiftsOf } from "./shift.ts";

/** What is known of a deployment before it begins. */
export interface DeploymentRequest {
  readonly id: string;
  readonly application: string;
  readonly groupName: string;
  readonly configName: string;
  readonly revision: RevisionLocation;
  readonly creator: Deployment["creator"];
  readonly description?: string;
  readonly externalId?: string;
  readonly alarms?: AlarmConfiguration | undefined;
  readonly rollback?: AutoRollbackConfiguration | undefined;
  readonly triggeringDeploymentId?: string;
  readonly server?: ServerWish;
  /** Of a rollback on ECS: the deployment that it takes back. */
  readonly restores?: string;
}

/** Make sure that the deployment was begun; its loop does the rest. */
export function startDeployment(scope: Scope, request: DeploymentRequest): Deployment {
  const known = deployments.get(scope, request.id);
  if (known !== undefined) return known;
  const { alarms, rollback, revision, server, restores, ...said } = request;
  const { platform } = requireApplication(scope, request.application);
  checkRevision(revision, platform);
  useRevision(scope, request.application, revision);
  return deployments.put(scope, {
    ...said,
    group: `${request.application}/${request.groupName}`,
    platform,
    revision: stored(revision),
    status: "Created",
    ...(alarms !== undefined && { alarms: stored(alarms) }),
    ...(rollback !== undefined && { rollback: stored(rollback) }),
    createdAt: scope.clock.now(),
    nth: counted(scope, `${request.application}/${request.groupName}`),
    ...progressOf(scope, request, platform),
  });
}

/** Counts a deployment of a group; answers how many there were before. */
function counted(scope: Scope, group: string): number {
  const id = groups.get(scope, group)!.groupId;
  const count = deploymentCounts.get(scope, id)?.count ?? 0;
  deploymentCounts.put(scope, { id, count: count + 1 });
  return count;
}

function progressOf(
  scope: Scope,
  request: DeploymentRequest,
  platform: Deployment["platform"],
): Pick<Deployment, "lambda" | "server" | "ecs"> {
  const { configName, revision } = request;
  const config = requireConfig(scope, configName);
  const group = groups.get(scope, `${request.application}/${request.groupName}`);
  const whole = <T>(spec: T | string): T => (typeof spec === "string" ? fault(InvalidRevisionException, spec) : spec);
  switch (platform) {
    case "Lambda":
      return { lambda: newLambdaProgress(whole(parseLambdaAppSpec(appSpecOf(scope, revision))), shiftsOf(config)) };
    case "ECS":
      return { ecs: newEcsProgress(whole(parseEcsAppSpec(appSpecOf(scope, revision))), shiftsOf(config), group!, request.restores) };
    default:
      return { server: newServerProgress(group!, config, request.server ?? {}) };
  }
}
