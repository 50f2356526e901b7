import type { Scope } from "../../kernel/scope.ts";
import { type Build, builds } from "./build.ts";
import { capacityOf, fleetByArn } from "./fleet.ts";

/** Whether a build has left the queue of its fleet: the machines go to the oldest builds. */
export function hasRoomOnFleet(scope: Scope, build: Build): boolean {
  const fleet = build.fleet === undefined ? undefined : fleetByArn(scope, build.fleet);
  if (fleet === undefined || fleet.overflowBehavior === "ON_DEMAND") return true;
  const others = builds.by(scope, "fleet", build.fleet!);
  const isQueued = ({ stage }: Build): boolean => stage === "SUBMITTED" || stage === "QUEUED";
  const running = others.filter((one) => !isQueued(one)).length;
  const before = others.filter((one) => isQueued(one) && one.id !== build.id && isBefore(one, build)).length;
  return running + before < capacityOf(fleet, others.length);
}

/** Builds of one instant come in the order of their numbers. */
function isBefore(one: Build, other: Build): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt;
  return one.number === other.number ? one.id < other.id : one.number < other.number;
}
