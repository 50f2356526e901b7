import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { RequestLaunchTemplateData } from "../../sdk/ec2.js";
import { CreateLaunchTemplate$, DeleteLaunchTemplate$, DescribeLaunchTemplates$, ModifyLaunchTemplate$ } from "../../sdk/ec2.js";
import { ec2Operation, newId } from "./ec2-operation.ts";
import { checkNames, fits, paged } from "./filter.ts";
import { forgetTags, putTags, shownTags, specified, tagsFor } from "./tag.ts";

/** A launch template; its versions have rows of their own. */
export interface LaunchTemplate extends Row {
  readonly name: string;
  readonly defaultVersion: number;
  readonly latestVersion: number;
  readonly createdAt: number;
  readonly createdBy: string;
}

export interface LaunchTemplateVersion extends Row {
  readonly version: number;
  readonly description?: string;
  readonly data: RequestLaunchTemplateData;
  readonly createdAt: number;
  readonly createdBy: string;
}

export const launchTemplates = new Table<LaunchTemplate>("ec2/launch-template", { indexes: { name: ({ name }) => name } });
export const launchTemplateVersions = new Table<LaunchTemplateVersion>("ec2/launch-template-version");

/** How a template is named: by its id or by its name. */
export interface TemplateName {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
}

export const createLaunchTemplate = ec2Operation(
  CreateLaunchTemplate$,
  (scope, { LaunchTemplateName, LaunchTemplateData, VersionDescription, TagSpecifications }) => {
    const template = newTemplate(scope, LaunchTemplateName!, LaunchTemplateData!, VersionDescription);
    putTags(scope, template.id, specified(TagSpecifications, "launch-template"));
    return { LaunchTemplate: shown(scope, template) };
  },
);

export const describeLaunchTemplates = ec2Operation(
  DescribeLaunchTemplates$,
  (scope, { LaunchTemplateIds, LaunchTemplateNames, Filters, ...paging }) => {
    for (const LaunchTemplateId of LaunchTemplateIds ?? []) requireTemplate(scope, { LaunchTemplateId });
    for (const LaunchTemplateName of LaunchTemplateNames ?? []) requireTemplate(scope, { LaunchTemplateName });
    checkNames(Filters, ["launch-template-name", "create-time"]);
    const found = launchTemplates
      .list(scope)
      .filter(
        ({ id, name, createdAt }) =>
          (LaunchTemplateIds === undefined || LaunchTemplateIds.includes(id)) &&
          (LaunchTemplateNames === undefined || LaunchTemplateNames.includes(name)) &&
          fits(Filters, { "launch-template-name": name, "create-time": new Date(createdAt).toISOString() }, tagsFor(scope, id)),
      );
    const { items, next } = paged(found, ({ id }) => id, paging);
    return { LaunchTemplates: items.map((template) => shown(scope, template)), ...next };
  },
);

export const modifyLaunchTemplate = ec2Operation(ModifyLaunchTemplate$, (scope, { DefaultVersion, ...name }) => {
  const template = requireTemplate(scope, name);
  const { version } = requireVersion(scope, template, DefaultVersion ?? String(template.defaultVersion));
  return { LaunchTemplate: shown(scope, launchTemplates.patch(scope, template.id, { defaultVersion: version })) };
});

export const deleteLaunchTemplate = ec2Operation(DeleteLaunchTemplate$, (scope, name) => {
  const template = requireTemplate(scope, name);
  const answer = { LaunchTemplate: shown(scope, template) };
  removeTemplate(scope, template.id);
  return answer;
});

export function newTemplate(scope: Scope, name: string, data: RequestLaunchTemplateData, description?: string): LaunchTemplate {
  if (launchTemplates.by(scope, "name", name).length > 0)
    fault("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
  if (Object.keys(data).length === 0) fault("MissingParameter", "The request must contain the parameter LaunchTemplateData");
  const by = { createdAt: scope.clock.now(), createdBy: scope.caller.arn };
  const template = launchTemplates.put(scope, { id: newId(scope, "lt"), name, defaultVersion: 1, latestVersion: 0, ...by });
  newVersion(scope, template, data, description);
  return launchTemplates.get(scope, template.id)!;
}

/** Add a version; it is the latest. */
export function newVersion(
  scope: Scope,
  { id, latestVersion }: LaunchTemplate,
  data: RequestLaunchTemplateData,
  description?: string,
): LaunchTemplateVersion {
  const version = latestVersion + 1;
  launchTemplates.patch(scope, id, { latestVersion: version });
  return launchTemplateVersions.put(scope, {
    id: versionKey(id, version),
    version,
    ...(description !== undefined && { description }),
    data,
    createdAt: scope.clock.now(),
    createdBy: scope.caller.arn,
  });
}

export function removeTemplate(scope: Scope, id: string): void {
  for (const version of launchTemplateVersions.list(scope, `${id}:`)) launchTemplateVersions.remove(scope, version.id);
  launchTemplates.remove(scope, id);
  forgetTags(scope, id);
}

export function requireTemplate(scope: Scope, { LaunchTemplateId, LaunchTemplateName }: TemplateName): LaunchTemplate {
  if (LaunchTemplateId !== undefined)
    return (
      launchTemplates.get(scope, LaunchTemplateId) ??
      fault("InvalidLaunchTemplateId.NotFound", `The specified launch template, with template ID ${LaunchTemplateId}, does not exist.`)
    );
  return (
    launchTemplates.by(scope, "name", LaunchTemplateName ?? "")[0] ??
    fault(
      "InvalidLaunchTemplateName.NotFoundException",
      `The specified launch template, with template name ${LaunchTemplateName}, does not exist.`,
    )
  );
}

/** A version by its number, $Latest or $Default. */
export function requireVersion(scope: Scope, template: LaunchTemplate, asked: string): LaunchTemplateVersion {
  const version = asked === "$Latest" ? template.latestVersion : asked === "$Default" ? template.defaultVersion : Number(asked);
  return (
    launchTemplateVersions.get(scope, versionKey(template.id, version)) ??
    fault(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find launch template version: ${asked} for launch template: ${template.id}.`,
    )
  );
}

export const versionKey = (id: string, version: number): string => `${id}:${String(version).padStart(6, "0")}`;

export const shown = (scope: Scope, template: LaunchTemplate) => ({
  LaunchTemplateId: template.id,
  LaunchTemplateName: template.name,
  CreateTime: new Date(template.createdAt),
  CreatedBy: template.createdBy,
  DefaultVersionNumber: template.defaultVersion,
  LatestVersionNumber: template.latestVersion,
  ...shownTags(scope, template.id),
});
