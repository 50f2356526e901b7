import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { TargetInstances } from "../../sdk/codedeploy.js";
import { membersOf, groupOf as scalingGroupOf } from "../auto-scaling/api.ts";
import { instanceOf, liveInstances } from "../ec2/api.ts";
import type { DeploymentGroup } from "./group.ts";
import { onPremisesInstances } from "./on-premises.ts";
import { fitsTagSet, fitsTags } from "./tag-filter.ts";

/** A machine that can be deployed to. */
export interface FleetMember {
  /** An EC2 instance's id, or an on-premises instance's name. */
  readonly targetId: string;
  readonly arn: string;
  /** What its agent calls itself when it asks for commands. */
  readonly host: string;
  readonly zone?: string;
}

/** What says which instances: of a group, or of the replacement environment of a deployment. */
type Selection = Stored<Omit<TargetInstances, "tagFilters">> & {
  readonly ec2TagFilters?: Stored<TargetInstances["tagFilters"]> | undefined;
};

/** The instances of a group, whatever state they are in. */
export function fleetOf(scope: Scope, { settings = {} }: DeploymentGroup): FleetMember[] {
  const { onPremisesInstanceTagFilters: filters = [], onPremisesTagSet } = settings;
  const set = onPremisesTagSet?.onPremisesTagSetList ?? [];
  const onPremises = onPremisesInstances
    .list(scope)
    .filter(({ deregisteredAt, tags }) => {
      if (deregisteredAt !== undefined) return false;
      return (filters.length > 0 && fitsTags(tags, filters)) || (set.length > 0 && fitsTagSet(tags, set));
    })
    .map(({ id, arn, userArn, sessionArn }) => ({ targetId: id, arn, host: (userArn ?? sessionArn)! }));
  return [...ec2Members(scope, settings as Selection), ...onPremises];
}

/** The instances that a deployment says are the replacement environment. */
export const replacementOf = (scope: Scope, { tagFilters, ...rest }: Stored<TargetInstances>): FleetMember[] =>
  ec2Members(scope, { ...rest, ...(tagFilters !== undefined && { ec2TagFilters: tagFilters }) });

function ec2Members(scope: Scope, { ec2TagFilters = [], ec2TagSet, autoScalingGroups = [] }: Selection): FleetMember[] {
  const set = ec2TagSet?.ec2TagSetList ?? [];
  const tagged = liveInstances(scope)
    .filter(({ tags }) => (ec2TagFilters.length > 0 && fitsTags(tags, ec2TagFilters)) || (set.length > 0 && fitsTagSet(tags, set)))
    .map(({ id }) => id);
  const scaled = autoScalingGroups.flatMap((name) => scaledMembers(scope, name));
  return [...new Set([...tagged, ...scaled])].sort().map((id) => memberOf(scope, id));
}

/** Those of an Auto Scaling group that are in service or standing by; who is on the way in gets its revision at the hook. */
const scaledMembers = (scope: Scope, name: string): string[] =>
  scalingGroupOf(scope, name) === undefined
    ? []
    : membersOf(scope, name)
        .filter(({ lifecycle }) => lifecycle === "InService" || lifecycle === "Standby" || lifecycle === "Pending:Proceed")
        .map(({ id }) => id);

export function memberOf(scope: Scope, instanceId: string): FleetMember {
  const arn = scope.arn("ec2", `instance/${instanceId}`);
  const zone = instanceOf(scope, instanceId)?.zone;
  return { targetId: instanceId, arn, host: arn, ...(zone !== undefined && { zone }) };
}

export const isEc2 = (targetId: string): boolean => /^i-[0-9a-f]+$/.test(targetId);

/** Whether it is one that is gone for good. */
export function isTerminated(scope: Scope, targetId: string): boolean {
  if (!isEc2(targetId)) return onPremisesInstances.get(scope, targetId)?.deregisteredAt !== undefined;
  const state = instanceOf(scope, targetId)?.state;
  return state === undefined || state === "terminated" || state === "shutting-down";
}
