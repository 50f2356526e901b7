import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { AddLayerVersionPermission$, GetLayerVersionPolicy$, RemoveLayerVersionPermission$ } from "../../sdk/lambda.js";
import { type LayerVersion, layerNameOf, layerVersionArn, layerVersions } from "./layer.ts";
import { checkRevision, conflict, notFound } from "./refusal.ts";

/** Who may use a layer version; there are only statements that allow. */
export interface LayerStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly AWS: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: { readonly StringEquals: { readonly "aws:PrincipalOrgID": string } };
}

export const addLayerVersionPermission = operation(
  AddLayerVersionPermission$,
  (scope, { LayerName, VersionNumber, StatementId, Action, Principal, OrganizationId, RevisionId }) => {
    const version = requireLayerVersion(scope, LayerName!, VersionNumber!);
    checkRevision(RevisionId, version.policyRevisionId ?? "", "GetLayerVersionPolicy");
    const said = { StatementId: StatementId!, Action: Action!, Principal: Principal!, OrganizationId };
    const statement = addLayerStatement(scope, version, said);
    return { Statement: JSON.stringify(statement), RevisionId: layerVersions.get(scope, version.id)!.policyRevisionId };
  },
  { partial: "the policy is kept, and not evaluated" },
);

export const removeLayerVersionPermission = operation(
  RemoveLayerVersionPermission$,
  (scope, { LayerName, VersionNumber, StatementId, RevisionId }) => {
    const version = requireLayerVersion(scope, LayerName!, VersionNumber!);
    checkRevision(RevisionId, version.policyRevisionId ?? "", "GetLayerVersionPolicy");
    if (!version.statements?.some(({ Sid }) => Sid === StatementId)) notFound(`Statement ${StatementId} is not found in resource policy.`);
    removeLayerStatement(scope, version, StatementId!);
    return {};
  },
);

export const getLayerVersionPolicy = operation(GetLayerVersionPolicy$, (scope, { LayerName, VersionNumber }) => {
  const { statements = [], policyRevisionId } = requireLayerVersion(scope, LayerName!, VersionNumber!);
  if (statements.length === 0) notFound("No policy is associated with the given resource.");
  return { Policy: JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements }), RevisionId: policyRevisionId };
});

interface Said {
  readonly StatementId: string;
  readonly Action: string;
  readonly Principal: string;
  readonly OrganizationId: string | undefined;
}

export function addLayerStatement(
  scope: Scope,
  version: LayerVersion,
  { StatementId, Action, Principal, OrganizationId }: Said,
): LayerStatement {
  const { statements = [] } = version;
  if (statements.some(({ Sid }) => Sid === StatementId)) {
    conflict(
      `The statement id (${StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  const statement: LayerStatement = {
    Sid: StatementId,
    Effect: "Allow",
    Principal: Principal === "*" ? "*" : { AWS: /^\d{12}$/.test(Principal) ? `arn:aws:iam::${Principal}:root` : Principal },
    Action,
    Resource: layerVersionArn(scope, version),
    ...(OrganizationId !== undefined && { Condition: { StringEquals: { "aws:PrincipalOrgID": OrganizationId } } }),
  };
  layerVersions.patch(scope, version.id, { statements: [...statements, statement], policyRevisionId: scope.id.uuid() });
  return statement;
}

export function removeLayerStatement(scope: Scope, { id, statements = [] }: LayerVersion, statementId: string): void {
  const left = statements.filter(({ Sid }) => Sid !== statementId);
  layerVersions.patch(scope, id, { statements: left.length > 0 ? left : undefined, policyRevisionId: scope.id.uuid() });
}

const requireLayerVersion = (scope: Scope, layer: string, version: number): LayerVersion =>
  layerVersions.get(scope, `${layerNameOf(layer)}:${version}`) ?? notFound("The resource you requested does not exist.");
