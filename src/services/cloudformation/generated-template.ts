import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AlreadyExistsException,
  ConcurrentResourcesLimitExceededException,
  CreateGeneratedTemplate$,
  DeleteGeneratedTemplate$,
  DescribeGeneratedTemplate$,
  GeneratedTemplateNotFoundException,
  type GeneratedTemplateResourceStatus,
  type GeneratedTemplateStatus,
  GetGeneratedTemplate$,
  ListGeneratedTemplates$,
  type ResourceDefinition,
  type TemplateConfiguration,
  UpdateGeneratedTemplate$,
  type WarningDetail,
} from "../../sdk/cloudformation.js";
import { identifierNames } from "./live-model.ts";
import { identifierMap, identifierText } from "./resource-scan.ts";
import { arnOf, requireStack } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { readTemplate } from "./syntax.ts";
import { type Generated, generatedLogicalId, generatedTemplate, written } from "./template-generation.ts";
import type { JsonObject } from "./value.ts";

/** A template of resources that exist. */
export interface GeneratedTemplate extends Row {
  readonly name: string;
  readonly status: GeneratedTemplateStatus;
  readonly reason?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The id of the row of the stack that it is based on, and the stack's template. */
  readonly stack?: string;
  readonly base?: JsonObject;
  readonly deletionPolicy: "DELETE" | "RETAIN";
  readonly updateReplacePolicy: "DELETE" | "RETAIN";
  readonly resources: readonly GeneratedResource[];
}

/** One of its resources: what is to be read, and how it was. */
export interface GeneratedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly identifier: string;
  readonly status: GeneratedTemplateResourceStatus;
  readonly reason?: string;
  readonly model?: JsonObject;
  readonly generated?: Generated;
}

export const generatedTemplates = new Table<GeneratedTemplate>("cloudformation/generated-template", {
  indexes: { name: ({ name }) => name },
});

const refuse = (message: string): never => fault("ValidationError", message);
const BUSY_MAX = 5;
const RESOURCES_MAX = 500;

const isBusy = ({ status }: GeneratedTemplate): boolean => status !== "COMPLETE" && status !== "FAILED";

export const createGeneratedTemplate = operation(
  CreateGeneratedTemplate$,
  (scope, { GeneratedTemplateName, Resources = [], StackName, TemplateConfiguration }) => {
    checkName(scope, GeneratedTemplateName!);
    if (generatedTemplates.list(scope).filter(isBusy).length >= BUSY_MAX) busy();
    const stack = StackName === undefined ? undefined : requireStack(scope, StackName);
    if (stack !== undefined && stack.target === undefined) refuse(`Stack [${stack.name}] has no template`);
    const kept = stack?.target && templateOf(scope, stack.target);
    const base = kept && (kept.processed ?? readTemplate(kept.text));
    const now = scope.clock.now();
    const row = generatedTemplates.put(scope, {
      id: scope.id.uuid(),
      name: GeneratedTemplateName!,
      status: "CREATE_PENDING",
      createdAt: now,
      updatedAt: now,
      ...(stack && { stack: stack.id }),
      ...(base && { base }),
      ...policiesOf(TemplateConfiguration),
      resources: added(scope, [], Resources, base),
    });
    return { GeneratedTemplateId: templateArn(scope, row) };
  },
);

export const updateGeneratedTemplate = operation(
  UpdateGeneratedTemplate$,
  (
    scope,
    {
      GeneratedTemplateName,
      NewGeneratedTemplateName,
      AddResources = [],
      RemoveResources = [],
      RefreshAllResources,
      TemplateConfiguration,
    },
  ) => {
    const row = requireTemplate(scope, GeneratedTemplateName);
    if (isBusy(row)) busy();
    if (NewGeneratedTemplateName !== undefined && NewGeneratedTemplateName !== row.name) checkName(scope, NewGeneratedTemplateName);
    const strange = RemoveResources.filter((name) => !row.resources.some(({ logicalId }) => logicalId === name));
    if (strange.length > 0) refuse(`Resources [${strange.join(", ")}] are not in the generated template ${row.name}`);
    const kept = row.resources.filter(({ logicalId }) => !RemoveResources.includes(logicalId));
    const fresh = RefreshAllResources ? kept.map((one) => ({ ...one, status: "PENDING" as const })) : kept;
    generatedTemplates.put(scope, {
      ...row,
      name: NewGeneratedTemplateName ?? row.name,
      status: "UPDATE_PENDING",
      updatedAt: scope.clock.now(),
      ...policiesOf(TemplateConfiguration, row),
      resources: added(scope, fresh, AddResources, row.base),
    });
    return { GeneratedTemplateId: templateArn(scope, row) };
  },
);

const policiesOf = (
  { DeletionPolicy, UpdateReplacePolicy }: TemplateConfiguration = {},
  known: Pick<GeneratedTemplate, "deletionPolicy" | "updateReplacePolicy"> = { deletionPolicy: "RETAIN", updateReplacePolicy: "RETAIN" },
) => ({ deletionPolicy: DeletionPolicy ?? known.deletionPolicy, updateReplacePolicy: UpdateReplacePolicy ?? known.updateReplacePolicy });

/** The resources with those that a definition adds, which are still to be read. */
function added(
  scope: Scope,
  known: readonly GeneratedResource[],
  more: readonly ResourceDefinition[],
  base: JsonObject = {},
): GeneratedResource[] {
  const all = [...known];
  const taken = new Set([...known.map(({ logicalId }) => logicalId), ...Object.keys(base["Resources"] ?? {})]);
  for (const { ResourceType, ResourceIdentifier = {}, LogicalResourceId } of more) {
    const type = ResourceType!;
    const missing = identifierNames(scope, type).filter((name) => ResourceIdentifier[name] === undefined);
    if (missing.length > 0) refuse(`ResourceIdentifier of ${type} must contain [${missing.join(", ")}]`);
    const identifier = identifierText(scope, type, ResourceIdentifier);
    const logicalId = LogicalResourceId ?? generatedLogicalId(type, identifier);
    if (taken.has(logicalId)) refuse(`The logical resource id ${logicalId} is already in the template`);
    if (all.some((one) => one.type === type && one.identifier === identifier)) refuse(`${type} ${identifier} is already in the template`);
    taken.add(logicalId);
    all.push({ logicalId, type, identifier, status: "PENDING" });
  }
  if (all.length > RESOURCES_MAX) refuse(`A generated template can have at most ${RESOURCES_MAX} resources`);
  return all;
}

function checkName(scope: Scope, name: string): void {
  if (generatedTemplates.by(scope, "name", name).length > 0) fault(AlreadyExistsException, `Generated template ${name} already exists`);
}

const busy = (): never =>
  fault(
    ConcurrentResourcesLimitExceededException,
    "No more than 5 generated templates can be in an InProgress or Pending status at one time. This error is also returned if a generated template that is in an InProgress or Pending status is attempted to be updated or deleted.",
  );

export const templateArn = (scope: Scope, { id }: GeneratedTemplate): string => scope.arn("cloudformation", `generatedtemplate/${id}`);

function requireTemplate(scope: Scope, nameOrArn: string | undefined): GeneratedTemplate {
  const id = /:generated[tT]emplate\/(.+)$/.exec(nameOrArn ?? "")?.[1];
  const found = id === undefined ? generatedTemplates.by(scope, "name", nameOrArn ?? "")[0] : generatedTemplates.get(scope, id);
  return found ?? fault(GeneratedTemplateNotFoundException, `Generated template ${nameOrArn} was not found`);
}

export const deleteGeneratedTemplate = operation(DeleteGeneratedTemplate$, (scope, { GeneratedTemplateName }) => {
  const row = requireTemplate(scope, GeneratedTemplateName);
  if (isBusy(row)) busy();
  generatedTemplates.remove(scope, row.id);
  return {};
});

const summaryOf = (scope: Scope, row: GeneratedTemplate) => ({
  GeneratedTemplateId: templateArn(scope, row),
  GeneratedTemplateName: row.name,
  Status: row.status,
  ...(row.reason !== undefined && { StatusReason: row.reason }),
  CreationTime: new Date(row.createdAt),
  LastUpdatedTime: new Date(row.updatedAt),
});

export const describeGeneratedTemplate = operation(DescribeGeneratedTemplate$, (scope, { GeneratedTemplateName }) => {
  const row = requireTemplate(scope, GeneratedTemplateName);
  const count = (status: GeneratedTemplateResourceStatus): number => row.resources.filter((one) => one.status === status).length;
  return {
    ...summaryOf(scope, row),
    Resources: row.resources.map(({ logicalId, type, identifier, status, reason, generated }) => ({
      ResourceType: type,
      LogicalResourceId: logicalId,
      ResourceIdentifier: identifierMap(scope, type, identifier),
      ResourceStatus: status,
      ...(reason !== undefined && { ResourceStatusReason: reason }),
      Warnings: (generated?.warnings ?? []) as WarningDetail[],
    })),
    Progress: {
      ResourcesSucceeded: count("COMPLETE"),
      ResourcesFailed: count("FAILED"),
      ResourcesProcessing: count("IN_PROGRESS"),
      ResourcesPending: count("PENDING"),
    },
    ...(row.stack !== undefined && { StackId: arnOf(scope, { id: row.stack }) }),
    TemplateConfiguration: { DeletionPolicy: row.deletionPolicy, UpdateReplacePolicy: row.updateReplacePolicy },
    TotalWarnings: row.resources.reduce((sum, { generated }) => sum + (generated?.warnings.length ?? 0), 0),
  };
});

const invalidToken = (): never => refuse("Invalid NextToken");

export const listGeneratedTemplates = operation(ListGeneratedTemplates$, (scope, { MaxResults = 50, NextToken }) => {
  const orderOf = ({ createdAt, id }: GeneratedTemplate): string => `${String(createdAt).padStart(16, "0")} ${id}`;
  const found = generatedTemplates.list(scope).sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
  const { items, nextToken } = page(found, orderOf, MaxResults, NextToken, invalidToken);
  return {
    Summaries: items.map((row) => ({ ...summaryOf(scope, row), NumberOfResources: row.resources.length })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

const POLICIES = { DELETE: "Delete", RETAIN: "Retain" } as const;

export const getGeneratedTemplate = operation(GetGeneratedTemplate$, (scope, { GeneratedTemplateName, Format = "JSON" }) => {
  const row = requireTemplate(scope, GeneratedTemplateName);
  if (row.status !== "COMPLETE") return { Status: row.status };
  const template = generatedTemplate(scope, {
    base: row.base ?? {},
    metadata: { AWSToolsMetrics: { IaC_Generator: templateArn(scope, row) } },
    deletionPolicy: POLICIES[row.deletionPolicy],
    updateReplacePolicy: POLICIES[row.updateReplacePolicy],
    resources: row.resources.flatMap(({ logicalId, type, model, generated }) =>
      model === undefined || generated === undefined ? [] : [{ logicalId, type, model, ...generated }],
    ),
  });
  return { Status: row.status, TemplateBody: written(template, Format) };
});
