import { parseArn } from "../../kernel/arn.ts";
import type { Scope } from "../../kernel/scope.ts";
import { roleIdOf } from "../iam/api.ts";
import { type Credentials, issueSession, sessionArn } from "./session.ts";

export type { Credentials } from "./session.ts";

/**
 * Credentials of a role for one of our own services to work with on somebody's behalf: builds, functions, engines. A
 * session policy cuts what they are good for.
 */
export function assumeForService(
  scope: Scope,
  roleArn: string,
  sessionName: string,
  { durationSeconds = 3600, policy }: { readonly durationSeconds?: number; readonly policy?: string } = {},
): Credentials {
  const account = parseArn(roleArn)?.account ?? scope.account;
  const roleName = roleArn.split("/").at(-1)!;
  const userId = `${roleIdOf(scope, roleArn) ?? "AROASLIPWAYSERVICEJOB"}:${sessionName}`;
  const arn = sessionArn(account, roleName, sessionName);
  return issueSession(scope, { account, arn, userId, type: "assumed-role", durationSeconds, ...(policy !== undefined && { policy }) });
}
