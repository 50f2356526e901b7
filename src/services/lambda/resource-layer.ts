import { idsFrom } from "../../kernel/id.ts";
import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { takeCode } from "./code.ts";
import { layerVersionArn, layerVersions, publishLayer } from "./layer.ts";
import { addLayerStatement, removeLayerStatement } from "./layer-permission.ts";
import { notFound } from "./refusal.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is its ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html */
export const layerVersionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::LayerVersion",
  absent: { "Content/S3ObjectStorageMode": [] },
  ensure: (scope, declared, id, { logicalId }) =>
    attempt(scope, () => {
      if (id !== undefined) return id;
      const said = { ...declared, LayerName: declared["LayerName"] ?? logicalId };
      return layerVersionArn(scope, publishLayer(scope, said, takeCode(scope, declared["Content"], "PublishLayerVersion")));
    }),
  read(scope, id) {
    const version = layerVersions.get(scope, rowIdOf(id));
    if (version === undefined) return undefined;
    const { layer, description, runtimes, architectures, license } = version;
    return {
      LayerVersionArn: id,
      LayerName: layer,
      ...(description !== "" && { Description: description }),
      ...(runtimes.length > 0 && { CompatibleRuntimes: runtimes }),
      ...(architectures.length > 0 && { CompatibleArchitectures: architectures }),
      ...(license !== undefined && { LicenseInfo: license }),
    };
  },
  remove(scope, id) {
    layerVersions.remove(scope, rowIdOf(id));
    return { state: "done", id };
  },
  list: (scope) => layerVersions.list(scope).map((version) => layerVersionArn(scope, version)),
};

/** The row id at the end of an ARN: `tools:3`. */
const rowIdOf = (arn: string): string => arn.split(":").slice(6).join(":");

/** Its id is the layer version's ARN and that of its statement, with a # between. */
export const layerVersionPermissionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::LayerVersionPermission",
  ensure: (scope, declared, id, { token }) =>
    attempt(scope, () => {
      if (id !== undefined) return id;
      const { LayerVersionArn: arn, Action, Principal, OrganizationId } = declared;
      const version = layerVersions.get(scope, rowIdOf(arn)) ?? notFound("The resource you requested does not exist.");
      const StatementId = idsFrom(token).uuid();
      const known = version.statements?.some(({ Sid }) => Sid === StatementId) ?? false;
      if (!known) addLayerStatement(scope, version, { StatementId, Action, Principal, OrganizationId });
      return `${arn}#${StatementId}`;
    }),
  read(scope, id) {
    const [arn = "", sid] = id.split("#");
    const statement = layerVersions.get(scope, rowIdOf(arn))?.statements?.find(({ Sid }) => Sid === sid);
    if (statement === undefined) return undefined;
    const { Action, Principal, Condition } = statement;
    return present({
      Id: id,
      LayerVersionArn: arn,
      Action,
      Principal: Principal === "*" ? Principal : (/^arn:aws:iam::(\d{12}):root$/.exec(Principal.AWS)?.[1] ?? Principal.AWS),
      OrganizationId: Condition?.StringEquals["aws:PrincipalOrgID"],
    });
  },
  remove(scope, id) {
    const [arn = "", sid = ""] = id.split("#");
    const version = layerVersions.get(scope, rowIdOf(arn));
    if (version !== undefined) removeLayerStatement(scope, version, sid);
    return { state: "done", id };
  },
  list: (scope) =>
    layerVersions
      .list(scope)
      .flatMap((version) => (version.statements ?? []).map(({ Sid }) => `${layerVersionArn(scope, version)}#${Sid}`)),
};
