import { present } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { allTags, lowerTagList } from "../../kernel/tag.ts";
import { type Fleet, fleetArn, fleetByArn, fleets, putFleet } from "./fleet.ts";
import { putReportGroup, type ReportGroup, removeReportGroup, reportGroupArn, reportGroupByArn, reportGroups } from "./report-group.ts";
import { fromApi, toApi } from "./resource-names.ts";
import { putSourceCredential, sourceCredentialArn, sourceCredentialOf, sourceCredentials } from "./source-credential.ts";

export { projectResource } from "./project-resource.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 128;

const tagsShown = (tags: readonly { readonly key?: string | undefined; readonly value?: string | undefined }[] = []) =>
  tags.map(({ key, value }) => ({ Key: key, Value: value }));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-fleet.html; its id is its ARN. */
export const fleetResource: ResourceType<Properties> = {
  type: "AWS::CodeBuild::Fleet",
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const known = id === undefined ? undefined : fleetByArn(scope, id);
      const name: string = known?.id ?? declared["Name"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      if (id === undefined && fleets.get(scope, name) !== undefined) return alreadyExists("AWS::CodeBuild::Fleet", name);
      const { Name: _, Tags, ...rest } = declared;
      const declaration = { ...(toApi(rest) as object), tags: lowerTagList(allTags(tags, Tags)) } as Fleet["declaration"];
      return fleetArn(scope, putFleet(scope, name, declaration));
    }),
  read(scope, id) {
    const fleet = fleetByArn(scope, id);
    if (fleet === undefined) return undefined;
    // The members of this one are written small in templates too.
    const { tags = [], computeConfiguration, ...declaration } = fleet.declaration;
    return present({
      Arn: fleetArn(scope, fleet),
      Name: fleet.id,
      OverflowBehavior: fleet.overflowBehavior,
      ...(fromApi(declaration, ["FleetProxyConfiguration", "FleetVpcConfig"]) as object),
      ComputeConfiguration: computeConfiguration,
      Tags: tagsShown(tags),
    });
  },
  remove(scope, id) {
    const fleet = fleetByArn(scope, id);
    if (fleet !== undefined) fleets.remove(scope, fleet.id);
    return { state: "done", id };
  },
  list: (scope) => fleets.list(scope).map((fleet) => fleetArn(scope, fleet)),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-reportgroup.html; its id is its ARN. */
export const reportGroupResource: ResourceType<Properties> = {
  type: "AWS::CodeBuild::ReportGroup",
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const known = id === undefined ? undefined : reportGroupByArn(scope, id);
      const name: string = known?.id ?? declared["Name"] ?? nameWithin(NAME_MAX, generatedName, logicalId);
      if (id === undefined && reportGroups.get(scope, name) !== undefined) return alreadyExists("AWS::CodeBuild::ReportGroup", name);
      putReportGroup(scope, name, {
        type: declared["Type"],
        exportConfig: toApi(declared["ExportConfig"]) as ReportGroup["exportConfig"],
        tags: lowerTagList(allTags(tags, declared["Tags"])),
      });
      const { DeleteReports: deleteReports } = declared;
      reportGroups.patch(scope, name, { deleteReports: deleteReports === undefined ? undefined : String(deleteReports) === "true" });
      return reportGroupArn(scope, name);
    }),
  read(scope, id) {
    const group = reportGroupByArn(scope, id);
    if (group === undefined) return undefined;
    const arn = reportGroupArn(scope, group.id);
    return present({
      Id: arn,
      Arn: arn,
      Name: group.id,
      Type: group.type,
      ExportConfig: fromApi(group.exportConfig),
      DeleteReports: group.deleteReports,
      Tags: tagsShown(group.tags),
    });
  },
  remove(scope, id) {
    const group = reportGroupByArn(scope, id);
    if (group === undefined) return { state: "done", id };
    const { id: name, deleteReports = false } = group;
    const remove = (): string => {
      removeReportGroup(scope, name, deleteReports);
      return id;
    };
    return attempt(scope, remove, id);
  },
  list: (scope) => reportGroups.list(scope).map(({ id }) => reportGroupArn(scope, id)),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-sourcecredential.html; its id is its ARN. */
export const sourceCredentialResource: ResourceType<Properties> = {
  type: "AWS::CodeBuild::SourceCredential",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { ServerType, AuthType, Token, Username } = declared;
      if (id === undefined && sourceCredentials.get(scope, ServerType) !== undefined) {
        return alreadyExists("AWS::CodeBuild::SourceCredential", ServerType);
      }
      return sourceCredentialArn(scope, putSourceCredential(scope, ServerType, { authType: AuthType, token: Token, username: Username }));
    }),
  read(scope, id) {
    const credential = sourceCredentialOf(scope, id);
    if (credential === undefined) return undefined;
    const { id: serverType, authType, token, username } = credential;
    return present({ Id: id, Arn: id, ServerType: serverType, AuthType: authType, Token: token, Username: username });
  },
  remove(scope, id) {
    const credential = sourceCredentialOf(scope, id);
    if (credential !== undefined) sourceCredentials.remove(scope, credential.id);
    return { state: "done", id };
  },
  list: (scope) => sourceCredentials.list(scope).map((credential) => sourceCredentialArn(scope, credential)),
};
