import { isFault } from "../../kernel/fault.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { launchInstances, launchTemplateOf, subnetOf } from "../ec2/api.ts";
import { endActivity, startActivity } from "./activity.ts";
import { forgetGroup, type Group, groups, retryLater } from "./group.ts";
import { announce } from "./happening.ts";
import { at, beginTermination, counts, join, type Member, members } from "./member.ts";
import { instanceTags } from "./tag.ts";

/** Keeps as many instances as a group wants, a step at a time. */
export const groupLoop: Loop<Group> = {
  table: groups,
  turn(scope, group) {
    const all = members.by(scope, "group", group.id);
    if (group.isDeleting && all.length === 0) return forgetGroup(scope, group);
    const counted = all.filter(counts);
    const wanted = group.desiredCapacity + (group.rolling?.surge ?? 0);
    const ill = counted.find(({ health, lifecycle }) => health === "Unhealthy" && lifecycle === "InService");
    if (ill !== undefined && !isSuspended(group, "ReplaceUnhealthy") && !isSuspended(group, "Terminate")) {
      const cause = `At ${at(scope)} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped, or an ELB system health check failure.`;
      beginTermination(scope, group, ill, cause);
      return undefined;
    }
    if (counted.length > wanted && !isSuspended(group, "Terminate")) return scaleIn(scope, group, counted);
    if (counted.length < wanted && !isSuspended(group, "Launch")) return scaleOut(scope, group, counted);
    // What is launched from now on has another cause.
    if (counted.length === wanted && group.because !== undefined) groups.patch(scope, group.id, { because: undefined });
    return undefined;
  },
};

const isSuspended = ({ suspended, isDeleting }: Group, process: string): boolean => !isDeleting && suspended.includes(process);

function scaleIn(scope: Scope, group: Group, counted: readonly Member[]): undefined {
  const chosen = choose(
    group,
    counted.filter(({ isProtected }) => !isProtected || group.isDeleting),
  );
  if (chosen === undefined) return;
  const cause = `${group.because ?? ""}At ${at(scope)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${counted.length} to ${group.desiredCapacity}.  At ${at(scope)} instance ${chosen.id} was selected for termination.`;
  beginTermination(scope, group, chosen, cause);
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html */
function choose({ terminationPolicies }: Group, some: readonly Member[]): Member | undefined {
  if (some.length === 0) return undefined;
  const byZone = Map.groupBy(some, ({ zone }) => zone);
  const most = Math.max(...[...byZone.values()].map(({ length }) => length));
  const fromZone = [...byZone.values()].find(({ length }) => length === most)!;
  const [policy] = terminationPolicies;
  const older = (one: Member, other: Member): number => one.joinedAt - other.joinedAt || (one.id < other.id ? -1 : 1);
  if (policy === "NewestInstance") return [...fromZone].sort(older).at(-1);
  if (policy === "OldestInstance" || policy === "ClosestToNextInstanceHour") return [...fromZone].sort(older)[0];
  const version = ({ template }: Member): number => template?.version ?? 0;
  return [...fromZone].sort((one, other) => version(one) - version(other) || older(one, other))[0];
}

function scaleOut(scope: Scope, group: Group, counted: readonly Member[]): Rest | undefined {
  if (group.retryAt !== undefined && scope.clock.now() < group.retryAt)
    return { wakeAt: group.retryAt, kind: "wait", because: "the launch that failed is tried again then" };
  const cause = `${group.because ?? ""}At ${at(scope)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${counted.length} to ${group.desiredCapacity}.`;
  const subnetId = subnetWithFewest(scope, group, counted);
  try {
    scope.attempt(() => {
      const { template, ...version } = { template: group.rolling?.template ?? group.template };
      const {
        id,
        name,
        version: number,
        data,
      } = launchTemplateOf(scope, {
        LaunchTemplateId: template.id,
        ...(template.version !== undefined && { Version: template.version }),
        ...version,
      });
      const [instance] = launchInstances(
        scope,
        { ...data, SubnetId: subnetId, template: { id, version: number } },
        1,
        instanceTags(group.id, group.tags),
      );
      const activity = startActivity(scope, group, `Launching a new EC2 instance: ${instance!.id}`, cause);
      join(scope, group, instance!.id, activity, { id, name, version: number });
    });
    if (group.retryAt !== undefined) groups.patch(scope, group.id, { retryAt: undefined });
  } catch (error) {
    if (!isFault(error)) throw error;
    const activity = startActivity(scope, group, "Launching a new EC2 instance", cause);
    endActivity(scope, activity.id, "Failed", `${error.message}. Launching EC2 instance failed.`);
    announce(scope, group, "EC2 Instance Launch Unsuccessful", {
      ActivityId: activity.id,
      StatusCode: "Failed",
      StatusMessage: error.message,
    });
    retryLater(scope, group);
  }
  return undefined;
}

/** A subnet of the zone that has the fewest. */
function subnetWithFewest(scope: Scope, { subnetIds }: Group, counted: readonly Member[]): string {
  const inZone = (id: string): number => counted.filter(({ zone }) => zone === subnetOf(scope, id)?.zone).length;
  return [...subnetIds].sort((one, other) => inZone(one) - inZone(other))[0]!;
}
