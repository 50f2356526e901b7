import type { Stored } from "../../kernel/json.ts";
import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ZonalConfig } from "../../sdk/codedeploy.js";
import type { Ending } from "./deployment.ts";
import { type DeploymentInstance, startInstance } from "./deployment-instance.ts";
import { decide, type Minimum, type Standing } from "./health.ts";
import type { Outcome } from "./platform.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/error-codes.html */
export const TOO_MANY_FAILED: Ending = {
  status: "Failed",
  code: "HEALTH_CONSTRAINTS",
  message:
    "The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems.",
};
const TOO_FEW: Ending = {
  status: "Failed",
  code: "HEALTH_CONSTRAINTS_INVALID",
  message: "The revision cannot be successfully deployed within the instance health constraints specified.",
};

/** Let as many instances begin as the constraints allow; zone by zone where that is asked for. */
export function rollOut(
  scope: Scope,
  instances: readonly DeploymentInstance[],
  minimum: Minimum,
  zonal?: Stored<ZonalConfig>,
  standingOf: (instance: DeploymentInstance) => Standing["state"] = ({ status }) => STATES[status],
): Outcome {
  const standings = instances.map((instance) => ({ id: instance.id, state: standingOf(instance), wasHealthy: instance.wasHealthy }));
  const whole = decide(standings, minimum);
  const busy = instances.filter(({ status }) => status === "InProgress").map(({ targetId }) => targetId);
  if (whole.state === "failed") return whole.isInvalid ? TOO_FEW : TOO_MANY_FAILED;
  const local = zonal === undefined ? whole : zoneByZone(scope, instances, standings, zonal);
  if ("kind" in local) return local;
  if (local.state === "failed") return TOO_MANY_FAILED;
  if (whole.state === "done") return { status: "Succeeded" };
  const start = local.state === "done" ? [] : local.start.filter((id) => whole.start.includes(id));
  for (const instance of instances) if (start.includes(instance.id)) startInstance(scope, instance);
  if (start.length === 0 && busy.length === 0) return TOO_MANY_FAILED;
  return { kind: "deadline", because: busy.length === 0 ? "instances begin" : `${busy.join(", ")} are being deployed to` };
}

const STATES: Readonly<Record<DeploymentInstance["status"], Standing["state"]>> = {
  Pending: "pending",
  InProgress: "inProgress",
  Ready: "succeeded",
  Succeeded: "succeeded",
  Failed: "failed",
  Skipped: "failed",
  Unknown: "failed",
};

/** One Availability Zone after the other, with a time to look at each. https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations-create.html#zonal-config */
function zoneByZone(
  scope: Scope,
  instances: readonly DeploymentInstance[],
  standings: readonly Standing[],
  { firstZoneMonitorDurationInSeconds, monitorDurationInSeconds = 0, minimumHealthyHostsPerZone }: Stored<ZonalConfig>,
): ReturnType<typeof decide> | Rest {
  const perZone = minimumHealthyHostsPerZone ?? { type: "FLEET_PERCENT", value: 0 };
  const zones = [...new Set(instances.map(({ zone = "" }) => zone))].sort();
  for (const [index, zone] of zones.entries()) {
    const own = instances.filter((instance) => (instance.zone ?? "") === zone);
    const ids = own.map(({ id }) => id);
    const decision = decide(
      standings.filter(({ id }) => ids.includes(id)),
      perZone,
    );
    if (decision.state !== "done") return decision;
    if (index === zones.length - 1) return decision;
    const seconds = index === 0 ? (firstZoneMonitorDurationInSeconds ?? monitorDurationInSeconds) : monitorDurationInSeconds;
    const until = Math.max(...own.map(({ endedAt = 0 }) => endedAt)) + seconds * 1000;
    if (scope.clock.now() < until)
      return { wakeAt: until, kind: "wait", because: `the zone ${zone} is watched before the next one is deployed to` };
  }
  return { state: "done" };
}
