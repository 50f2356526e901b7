import { parseArn } from "../../kernel/arn.ts";
import type { Caller } from "../../kernel/caller.ts";
import type { Scope } from "../../kernel/scope.ts";
import { statementsOf } from "./document.ts";
import { decideForPrincipal } from "./evaluate.ts";
import { instanceProfiles, profileArn } from "./instance-profile.ts";
import { roleArn, roles } from "./role.ts";
import { serviceCredentials } from "./service-credential.ts";
import { userArn, users } from "./user.ts";

export type { AccessKey } from "./access-key.ts";
export { authorizeSession } from "./evaluate.ts";
export { ensureFirstKey, restoreKey, rootKeyOf } from "./root-key.ts";

/** The id of a role, such as AROA…; undefined where there is no such role. */
export const roleIdOf = (scope: Scope, arn: string): string | undefined => roles.get(scope.at(arn), arn.split("/").at(-1)!)?.roleId;

/** The session in which a service works as a role. */
export function sessionOf(scope: Scope, role: string, sessionName: string): Caller {
  const { account = scope.account, resource = "" } = parseArn(role) ?? {};
  const { accessKeyId: _, ...own } = scope.caller;
  const arn = `arn:aws:sts::${account}:assumed-role/${resource.split("/").at(-1)}/${sessionName}`;
  return { ...own, accountId: account, arn, userId: `${roleIdOf(scope, role)}:${sessionName}`, type: "assumed-role" };
}

/**
 * Why the caller may not hand a role to a service, or undefined. The role has to be there; where trust is enforced, the
 * caller needs iam:PassRole for it. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
export function passRoleRefusal(scope: Scope, arn: string, servicePrincipal: string): string | undefined {
  const parsed = parseArn(arn);
  const word = `User: ${scope.caller.arn} is not authorized to perform: iam:PassRole on resource: ${arn}`;
  if (parsed?.service !== "iam" || !parsed.resource.startsWith("role/")) return `${arn} is not the ARN of a role`;
  if (roleIdOf(scope, arn) === undefined) return word;
  return scope.refusal("iam:PassRole", arn, { "iam:PassedToService": servicePrincipal }) === undefined ? undefined : word;
}

/** Whether a role's trust policy lets a service of AWS assume it. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html */
export function trustsService(scope: Scope, arn: string, servicePrincipal: string): boolean {
  const { trustPolicy } = roles.get(scope.at(arn), arn.split("/").at(-1)!) ?? {};
  if (trustPolicy === undefined) return false;
  const named = statementsOf(trustPolicy).filter(({ principals = {} }) =>
    [...(principals["Service"] ?? []), ...(principals["AWS"] ?? [])].some((name) => name === servicePrincipal || name === "*"),
  );
  return named.length > 0 && named.every(({ allow }) => allow);
}

/** Why the caller may not assume a role, or undefined. */
export function trustRefusal(scope: Scope, arn: string, action: string, context: Readonly<Record<string, string>>): string | undefined {
  const word = `User: ${scope.caller.arn} is not authorized to perform: ${action} on resource: ${arn}`;
  if (roleIdOf(scope, arn) === undefined) return word;
  return scope.refusal(action, arn, context) === undefined ? undefined : word;
}

/** Whether a policy that is attached to a resource lets the caller do a thing with it. */
export const isAllowedBy = (policy: string, scope: Scope, action: string, resource: string): boolean =>
  decideForPrincipal(scope, policy, action, resource) === "allowed";

/** The owner of a name and password for a service, as git presents them to CodeCommit. */
export function ownerOfCredential(
  scope: Scope,
  serviceName: string,
  userName: string,
  password: string,
): { account: string; arn: string; userId: string } | undefined {
  const found = serviceCredentials
    .by(scope, "name", userName)
    .find((credential) => credential.serviceName === serviceName && credential.password === password && credential.status === "Active");
  const user = found && users.get(scope.in({ account: found.account }), found.user);
  return found && user && { account: found.account, arn: userArn(found.account, user), userId: user.userId };
}

/** An instance profile by its name, and the role in it; undefined where there is none of that name. */
export function instanceProfileOf(
  scope: Scope,
  name: string,
): { arn: string; profileId: string; roleName?: string; roleArn?: string } | undefined {
  const profile = instanceProfiles.get(scope, name);
  if (profile === undefined) return undefined;
  const role = profile.role === undefined ? undefined : roles.get(scope, profile.role);
  return {
    arn: profileArn(scope.account, profile),
    profileId: profile.profileId,
    ...(role !== undefined && { roleName: role.id, roleArn: roleArn(scope.account, role) }),
  };
}
