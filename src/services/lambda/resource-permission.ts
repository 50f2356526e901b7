import { present } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { addPermission, policies, policyWith, removeStatement, type Statement } from "./permission.ts";
import { forgetFunction, functionNoted, noteFunction } from "./resource-reference.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is that of its statement. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html */
export const permissionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Permission",
  ensure: (scope, declared, id, { generatedName, logicalId }) =>
    attempt(scope, () => {
      const StatementId = id === undefined ? nameWithin(100, generatedName, logicalId) : statementIdOf(id);
      const known = policyWith(scope, StatementId);
      if (known !== undefined) removeStatement(scope, known, StatementId);
      const { InvokedViaFunctionUrl: viaUrl, ...said } = declared;
      addPermission.handle(scope, {
        ...said,
        StatementId,
        ...(viaUrl !== undefined && { InvokedViaFunctionUrl: String(viaUrl) === "true" }),
      } as never);
      return noteFunction(scope, StatementId, declared["FunctionName"]);
    }),
  read(scope, id) {
    const statement = policyWith(scope, statementIdOf(id))?.statements.find(({ Sid }) => Sid === statementIdOf(id));
    return statement && live(scope, statement);
  },
  remove(scope, id) {
    const policy = policyWith(scope, statementIdOf(id));
    if (policy !== undefined) removeStatement(scope, policy, statementIdOf(id));
    return { state: "done", id: forgetFunction(scope, statementIdOf(id)) };
  },
  list: (scope) =>
    policies.list(scope).flatMap(({ statements }) => statements.map((statement) => `${functionOf(scope, statement)}|${statement.Sid}`)),
};

/** Of FUNCTION|STATEMENT, too. */
const statementIdOf = (id: string): string => id.slice(id.lastIndexOf("|") + 1);

const functionOf = (scope: Scope, { Sid, Resource }: Statement): string => functionNoted(scope, Sid) ?? Resource;

function live(scope: Scope, statement: Statement): Properties {
  const { Sid, Action, Principal, Condition = {} } = statement;
  const equal = Condition["StringEquals"] ?? {};
  const viaUrl = Condition["Bool"]?.["lambda:InvokedViaFunctionUrl"];
  return present({
    Id: Sid,
    FunctionName: functionOf(scope, statement),
    Action,
    Principal: principalOf(Principal),
    SourceArn: Condition["ArnLike"]?.["AWS:SourceArn"],
    SourceAccount: equal["AWS:SourceAccount"],
    FunctionUrlAuthType: equal["lambda:FunctionUrlAuthType"],
    EventSourceToken: equal["lambda:EventSourceToken"],
    PrincipalOrgID: equal["aws:PrincipalOrgID"],
    InvokedViaFunctionUrl: viaUrl === undefined ? undefined : viaUrl === "true",
  });
}

/** As AddPermission takes it: an account by its number. */
function principalOf(principal: Statement["Principal"]): string {
  if (principal === "*") return principal;
  if ("Service" in principal) return principal.Service;
  return /^arn:aws:iam::(\d{12}):root$/.exec(principal.AWS)?.[1] ?? principal.AWS;
}
