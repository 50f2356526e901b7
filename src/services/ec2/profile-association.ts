import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AssociateIamInstanceProfile$,
  DescribeIamInstanceProfileAssociations$,
  DisassociateIamInstanceProfile$,
  ReplaceIamInstanceProfileAssociation$,
} from "../../sdk/ec2.js";
import { instanceProfileOf } from "../iam/api.ts";
import { checkNames, fits, paged } from "./filter.ts";
import { type Instance, instances, type Profile, requireInstance } from "./instance.ts";

export const associateIamInstanceProfile = operation(AssociateIamInstanceProfile$, (scope, { InstanceId, IamInstanceProfile }) => {
  const instance = requireInstance(scope, InstanceId!);
  if (instance.profile !== undefined) fault("IncorrectState", `There is an existing association for instance ${InstanceId}`);
  const profile = profileOf(scope, IamInstanceProfile, InstanceId!)!;
  return { IamInstanceProfileAssociation: shown(instances.patch(scope, instance.id, { profile }), "associating") };
});

export const replaceIamInstanceProfileAssociation = operation(
  ReplaceIamInstanceProfileAssociation$,
  (scope, { AssociationId, IamInstanceProfile }) => {
    const instance = requireAssociated(scope, AssociationId!);
    const profile = profileOf(scope, IamInstanceProfile, instance.id)!;
    return { IamInstanceProfileAssociation: shown(instances.patch(scope, instance.id, { profile }), "associating") };
  },
);

export const disassociateIamInstanceProfile = operation(DisassociateIamInstanceProfile$, (scope, { AssociationId }) => {
  const instance = requireAssociated(scope, AssociationId!);
  instances.patch(scope, instance.id, { profile: undefined });
  return { IamInstanceProfileAssociation: shown(instance, "disassociating") };
});

export const describeIamInstanceProfileAssociations = operation(
  DescribeIamInstanceProfileAssociations$,
  (scope, { AssociationIds, Filters, ...paging }) => {
    checkNames(Filters, ["instance-id", "state"]);
    const found = instances
      .list(scope)
      .filter(
        ({ id, profile }) =>
          profile !== undefined &&
          (AssociationIds === undefined || AssociationIds.includes(profile.associationId)) &&
          fits(Filters, { "instance-id": id, state: "associated" }),
      );
    const { items, next } = paged(found, ({ id }) => id, paging);
    return { IamInstanceProfileAssociations: items.map((instance) => shown(instance, "associated")), ...next };
  },
);

/** The instance profile that somebody named, and the role in it; undefined where none was named. */
export function profileOf(
  scope: Scope,
  named: { Arn?: string | undefined; Name?: string | undefined } | undefined,
  instanceId: string,
): Profile | undefined {
  if (named?.Arn === undefined && named?.Name === undefined) return undefined;
  const name = named.Name ?? named.Arn!.split("/").at(-1)!;
  const profile = instanceProfileOf(scope, name);
  if (profile === undefined)
    return fault(
      "InvalidParameterValue",
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  const { arn, profileId, roleName, roleArn } = profile;
  return {
    associationId: `iip-assoc-0${scope.id.hex(16)}`,
    arn,
    profileId,
    ...(roleName !== undefined && {
      roleName,
      identity: { accountId: scope.account, region: scope.region, roleArn: roleArn!, sessionName: instanceId },
    }),
  };
}

const requireAssociated = (scope: Scope, associationId: string): Instance =>
  instances.list(scope).find(({ profile }) => profile?.associationId === associationId) ??
  fault("InvalidAssociationID.NotFound", `The association ID '${associationId}' does not exist`);

const shown = ({ id, profile }: Instance, State: "associating" | "associated" | "disassociating") => ({
  AssociationId: profile!.associationId,
  InstanceId: id,
  IamInstanceProfile: { Arn: profile!.arn, Id: profile!.profileId },
  State,
});
