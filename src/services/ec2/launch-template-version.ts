import type { Scope } from "../../kernel/scope.ts";
import type { RequestLaunchTemplateData, LaunchTemplateVersion as Shape } from "../../sdk/ec2.js";
import { CreateLaunchTemplateVersion$, DeleteLaunchTemplateVersions$, DescribeLaunchTemplateVersions$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { checkNames, fits, type Named, paged } from "./filter.ts";
import {
  type LaunchTemplate,
  type LaunchTemplateVersion,
  launchTemplates,
  launchTemplateVersions,
  newVersion,
  requireTemplate,
  requireVersion,
  versionKey,
} from "./launch-template.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html, those of settings that are kept. */
const FILTERS = [
  "create-time",
  "ebs-optimized",
  "http-endpoint",
  "http-tokens",
  "iam-instance-profile",
  "image-id",
  "instance-type",
  "is-default-version",
  "kernel-id",
  "ram-disk-id",
] as const;

export const createLaunchTemplateVersion = ec2Operation(
  CreateLaunchTemplateVersion$,
  (scope, { LaunchTemplateData, SourceVersion, VersionDescription, ...name }) => {
    const template = requireTemplate(scope, name);
    const source = SourceVersion === undefined ? {} : requireVersion(scope, template, SourceVersion).data;
    const version = newVersion(scope, template, { ...source, ...LaunchTemplateData }, VersionDescription);
    return { LaunchTemplateVersion: shown(template, version) };
  },
);

export const describeLaunchTemplateVersions = ec2Operation(
  DescribeLaunchTemplateVersions$,
  (scope, { Versions, MinVersion, MaxVersion, Filters, ...input }) => {
    checkNames(Filters, FILTERS);
    const found = templatesOf(scope, input, Versions).flatMap((template) => {
      const named = Versions?.map((version) => requireVersion(scope, template, version).version);
      return launchTemplateVersions
        .list(scope, `${template.id}:`)
        .filter(
          ({ version }) =>
            (named === undefined || named.includes(version)) &&
            version >= Number(MinVersion ?? 0) &&
            version <= Number(MaxVersion ?? Number.MAX_SAFE_INTEGER),
        )
        .filter((version) => fits(Filters, filterable(template, version)))
        .map((version) => ({ template, version }));
    });
    const { items, next } = paged(found, ({ version }) => version.id, input);
    return { LaunchTemplateVersions: items.reverse().map(({ template, version }) => shown(template, version)), ...next };
  },
);

export const deleteLaunchTemplateVersions = ec2Operation(DeleteLaunchTemplateVersions$, (scope, { Versions = [], ...name }) => {
  const { id: LaunchTemplateId, name: LaunchTemplateName, defaultVersion } = requireTemplate(scope, name);
  const of = { LaunchTemplateId, LaunchTemplateName };
  const gone = Versions.map(Number).filter(
    (version) => version !== defaultVersion && launchTemplateVersions.get(scope, versionKey(LaunchTemplateId, version)) !== undefined,
  );
  for (const version of gone) launchTemplateVersions.remove(scope, versionKey(LaunchTemplateId, version));
  const failed = Versions.map(Number).filter((version) => !gone.includes(version));
  return {
    SuccessfullyDeletedLaunchTemplateVersions: gone.map((VersionNumber) => ({ ...of, VersionNumber })),
    UnsuccessfullyDeletedLaunchTemplateVersions: failed.map((VersionNumber) => ({
      ...of,
      VersionNumber,
      ResponseError:
        VersionNumber === defaultVersion
          ? ({ Code: "unexpectedError", Message: "Cannot delete the default version of a launch template." } as const)
          : ({ Code: "launchTemplateVersionDoesNotExist", Message: `The specified launch template version does not exist.` } as const),
    })),
  };
});

/** Without a name, the versions of every template: then only $Latest and $Default can be asked for. */
function templatesOf(
  scope: Scope,
  name: { LaunchTemplateId?: string | undefined; LaunchTemplateName?: string | undefined },
  versions: readonly string[] | undefined,
): LaunchTemplate[] {
  if (name.LaunchTemplateId !== undefined || name.LaunchTemplateName !== undefined) return [requireTemplate(scope, name)];
  return versions === undefined ? [] : launchTemplates.list(scope);
}

function filterable({ defaultVersion }: LaunchTemplate, { version, createdAt, data }: LaunchTemplateVersion): Named<typeof FILTERS> {
  const { EbsOptimized, MetadataOptions, IamInstanceProfile, ImageId, InstanceType, KernelId, RamDiskId } =
    data as RequestLaunchTemplateData;
  return {
    "create-time": new Date(createdAt).toISOString(),
    "ebs-optimized": EbsOptimized ?? false,
    "http-endpoint": MetadataOptions?.HttpEndpoint,
    "http-tokens": MetadataOptions?.HttpTokens,
    "iam-instance-profile": IamInstanceProfile?.Arn,
    "image-id": ImageId,
    "instance-type": InstanceType,
    "is-default-version": version === defaultVersion,
    "kernel-id": KernelId,
    "ram-disk-id": RamDiskId,
  };
}

const shown = ({ id, name, defaultVersion }: LaunchTemplate, version: LaunchTemplateVersion): Shape => ({
  LaunchTemplateId: id,
  LaunchTemplateName: name,
  VersionNumber: version.version,
  ...(version.description !== undefined && { VersionDescription: version.description }),
  CreateTime: new Date(version.createdAt),
  CreatedBy: version.createdBy,
  DefaultVersion: version.version === defaultVersion,
  LaunchTemplateData: version.data as never,
});
