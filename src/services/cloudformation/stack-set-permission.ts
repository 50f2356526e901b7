import type { Scope } from "../../kernel/scope.ts";
import { isList, isObject, type Json, type JsonObject } from "./value.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html */
export const ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole";
export const EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole";

export interface StackSetRoles {
  readonly administrationRoleArn: string;
  readonly executionRoleName: string;
}

/** Why a stack set of the owner may not work in an account, in AWS's words; undefined where it may. */
export function permissionRefusal(owner: Scope, account: string, roles: StackSetRoles): string | undefined {
  const { administrationRoleArn, executionRoleName } = roles;
  const path = administrationRoleArn.slice(administrationRoleArn.indexOf(":role/") + ":role/".length);
  const trustsService = (principal: JsonObject): boolean => names(principal["Service"]).some((name) => /^cloudformation\./.test(name));
  if (!trusts(owner, path.slice(path.lastIndexOf("/") + 1), trustsService))
    return `Account ${owner.account} should have '${path}' role with trust relationship to CloudFormation service.`;
  const trusted = [administrationRoleArn, `arn:aws:iam::${owner.account}:root`, owner.account, "*"];
  const trustsRole = (principal: JsonObject): boolean => names(principal["AWS"]).some((name) => trusted.includes(name));
  if (!trusts(owner.in({ account }), executionRoleName, trustsRole))
    return `Account ${account} should have '${executionRoleName}' role with trust relationship to Role '${path}'.`;
  return undefined;
}

/** Whether there is such a role, and some statement of its trust policy allows such a principal. */
function trusts(scope: Scope, role: string, fits: (principal: JsonObject) => boolean): boolean {
  const found = scope.registry.resource("AWS::IAM::Role")?.read(scope, role) as JsonObject | undefined;
  const document = found?.["AssumeRolePolicyDocument"];
  const statement = isObject(document) ? document["Statement"] : undefined;
  const statements = isList(statement) ? statement : statement === undefined ? [] : [statement];
  return statements.some((one) => {
    if (!isObject(one) || one["Effect"] !== "Allow") return false;
    const principal = one["Principal"];
    return fits(isObject(principal) ? principal : { AWS: principal ?? "" });
  });
}

const names = (value: Json | undefined): string[] => (isList(value) ? value : [value]).filter((name) => typeof name === "string");
