import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Reference } from "../../kernel/reference.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  AddTagsToResource$,
  DeleteParameter$,
  DeleteParameters$,
  DescribeParameters$,
  GetParameter$,
  GetParameterHistory$,
  GetParameters$,
  GetParametersByPath$,
  HierarchyLevelLimitExceededException,
  InvalidNextToken,
  InvalidResourceId,
  LabelParameterVersion$,
  ListTagsForResource$,
  ParameterAlreadyExists,
  ParameterNotFound,
  type ParameterTier,
  type ParameterType,
  ParameterVersionNotFound,
  PutParameter$,
  RemoveTagsFromResource$,
} from "../../sdk/ssm.js";
import { imageOfParameter } from "./public-image.ts";

/** A parameter, by its name, with its newest version. */
export interface Parameter extends Row {
  readonly type: ParameterType;
  readonly tier: ParameterTier;
  readonly dataType: string;
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly keyId?: string;
  readonly version: number;
  readonly tags: Tags;
}

/** One version, by name and number. At most 100 of a parameter are kept. */
interface Version extends Row {
  readonly version: number;
  readonly value: string;
  readonly modifiedAt: number;
  readonly modifiedBy: string;
  readonly labels: readonly string[];
}

export const parameters = new Table<Parameter>("ssm/parameter", {
  arn: (row, { account, region }) => parameterArn({ account, region }, row.id),
});
export const versions = new Table<Version>("ssm/version");

const VERSIONS_MAX = 100;
const LEVELS_MAX = 15;

export const putParameter = operation(PutParameter$, (scope, input) => {
  const name = input.Name!;
  const known = parameters.get(scope, name);
  if (known !== undefined && !input.Overwrite) {
    fault(
      ParameterAlreadyExists,
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  }
  if (known !== undefined && input.Tags !== undefined && input.Overwrite) {
    fault(
      "ValidationException",
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  const type = (input.Type ?? known?.type) as ParameterType | undefined;
  if (type === undefined) fault("ValidationException", "A parameter type is required when you create a parameter.");
  checkName(name);
  // An empty one, which Terraform always sends, is none.
  const allowedPattern = (input.AllowedPattern ?? known?.allowedPattern) || undefined;
  checkValue(input.Value!, allowedPattern, input.Tier);
  const description = input.Description ?? known?.description;
  const keyId = type === "SecureString" ? (input.KeyId ?? known?.keyId ?? "alias/aws/ssm") : undefined;
  const version = (known?.version ?? 0) + 1;
  const row = parameters.put(scope, {
    id: name,
    type: type!,
    tier:
      (input.Tier === "Intelligent-Tiering" ? undefined : input.Tier) ??
      known?.tier ??
      (input.Value!.length > 4096 ? "Advanced" : "Standard"),
    dataType: input.DataType ?? known?.dataType ?? "text",
    ...(description !== undefined && { description }),
    ...(allowedPattern !== undefined && { allowedPattern }),
    ...(keyId !== undefined && { keyId }),
    version,
    tags: known?.tags ?? tagsOf(input.Tags),
  });
  versions.put(scope, {
    id: versionId(name, version),
    version,
    value: input.Value!,
    modifiedAt: scope.clock.now(),
    modifiedBy: scope.caller.arn,
    labels: [],
  });
  if (version > VERSIONS_MAX) versions.remove(scope, versionId(name, version - VERSIONS_MAX));
  announce(scope, row, known === undefined ? "Create" : "Update");
  return { Version: version, Tier: row.tier };
});

export const getParameter = operation(GetParameter$, (scope, { Name, WithDecryption }) => {
  const found = find(scope, Name!);
  if (found === undefined) fault(ParameterNotFound, "");
  return { Parameter: shown(scope, found.parameter, found.version, WithDecryption ?? false, found.selector) };
});

export const getParameters = operation(GetParameters$, (scope, { Names = [], WithDecryption }) => {
  const found = Names.map((name) => [name, find(scope, name)] as const);
  return {
    Parameters: found.flatMap(([, hit]) => (hit ? [shown(scope, hit.parameter, hit.version, WithDecryption ?? false, hit.selector)] : [])),
    InvalidParameters: found.filter(([, hit]) => hit === undefined).map(([name]) => name),
  };
});

export const getParametersByPath = operation(
  GetParametersByPath$,
  (scope, { Path, Recursive, WithDecryption, MaxResults = 10, NextToken }) => {
    if (!Path!.startsWith("/")) {
      fault(
        "ValidationException",
        'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
      );
    }
    const prefix = Path!.endsWith("/") ? Path! : `${Path}/`;
    const found = parameters.list(scope, prefix).filter(({ id }) => Recursive || !id.slice(prefix.length).includes("/"));
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    const Parameters = items.map((row) => shown(scope, row, requireVersion(scope, row.id, row.version), WithDecryption ?? false));
    return { Parameters, ...(nextToken && { NextToken: nextToken }) };
  },
);

export const describeParameters = operation(
  DescribeParameters$,
  (scope, { Filters = [], ParameterFilters = [], MaxResults = 50, NextToken }) => {
    const filters = [
      ...ParameterFilters,
      ...Filters.map(({ Key, Values }) => ({ Key, Option: Key === "Name" ? "BeginsWith" : "Equals", Values })),
    ];
    const found = parameters
      .list(scope)
      .filter((row) => filters.every(({ Key, Option = "Equals", Values = [] }) => matches(row, Key!, Option, Values)));
    const { items, nextToken } = page(found, ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { Parameters: items.map((row) => described(scope, row)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const getParameterHistory = operation(GetParameterHistory$, (scope, { Name, WithDecryption, MaxResults = 50, NextToken }) => {
  const row = requireParameter(scope, Name!);
  const { items, nextToken } = page(versions.list(scope, `${row.id}:`), ({ id }) => id, MaxResults, NextToken, invalidToken);
  const Parameters = items.map((version) => ({
    ...described(scope, row),
    Version: version.version,
    Value: shownValue(row, version, WithDecryption ?? false),
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: version.modifiedBy,
    Labels: [...version.labels],
  }));
  return { Parameters, ...(nextToken && { NextToken: nextToken }) };
});

export const labelParameterVersion = operation(LabelParameterVersion$, (scope, { Name, ParameterVersion, Labels = [] }) => {
  const row = requireParameter(scope, Name!);
  const target = requireVersion(scope, row.id, ParameterVersion ?? row.version);
  const valid = Labels.filter((label) => /^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$/.test(label) && !/^(aws|ssm)/i.test(label));
  for (const version of versions.list(scope, `${row.id}:`)) {
    const kept = version.labels.filter((label) => !valid.includes(label));
    versions.patch(scope, version.id, { labels: version.id === target.id ? [...kept, ...valid] : kept });
  }
  return { InvalidLabels: Labels.filter((label) => !valid.includes(label)), ParameterVersion: target.version };
});

export const deleteParameter = operation(DeleteParameter$, (scope, { Name }) => {
  remove(scope, requireParameter(scope, Name!));
  return {};
});

export const deleteParameters = operation(DeleteParameters$, (scope, { Names = [] }) => {
  const found = Names.filter((name) => parameters.get(scope, name) !== undefined);
  for (const name of found) remove(scope, parameters.get(scope, name)!);
  return { DeletedParameters: found, InvalidParameters: Names.filter((name) => !found.includes(name)) };
});

export const addTagsToResource = operation(AddTagsToResource$, (scope, { ResourceType, ResourceId, Tags }) => {
  const { id, tags } = requireTaggable(scope, ResourceType!, ResourceId!);
  parameters.patch(scope, id, { tags: withTags(tags, tagsOf(Tags)) });
  return {};
});

export const removeTagsFromResource = operation(RemoveTagsFromResource$, (scope, { ResourceType, ResourceId, TagKeys }) => {
  const { id, tags } = requireTaggable(scope, ResourceType!, ResourceId!);
  parameters.patch(scope, id, { tags: withoutTags(tags, TagKeys!) });
  return {};
});

export const listTagsForResource = operation(ListTagsForResource$, (scope, { ResourceType, ResourceId }) => ({
  TagList: tagList(requireTaggable(scope, ResourceType!, ResourceId!).tags),
}));

/** {{resolve:ssm:NAME[:VERSION]}}, and parameters of a template whose type is an SSM one. */
export const ssmReference: Reference = {
  kind: "ssm",
  resolve(scope, name) {
    const found = find(scope, name);
    if (found === undefined)
      return { state: "absent", reason: `Unable to fetch parameters [${name}] from parameter store for this account.` };
    if (found.parameter.type === "SecureString") {
      return { state: "absent", reason: `Parameters [${name}] referenced by template have types not supported by CloudFormation.` };
    }
    return { state: "value", value: found.version.value };
  },
};

/** {{resolve:ssm-secure:NAME[:VERSION]}} */
export const secureReference: Reference = {
  kind: "ssm-secure",
  resolve(scope, name) {
    const found = find(scope, name);
    return found === undefined
      ? { state: "absent", reason: `Parameter ${name} was not found.` }
      : { state: "value", value: found.version.value };
  },
};

export const parameterArn = ({ account, region }: { account: string; region: string }, name: string): string =>
  `arn:aws:ssm:${region}:${name.startsWith("/aws/") ? "" : account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;

export function remove(scope: Scope, row: Parameter): void {
  for (const { id } of versions.list(scope, `${row.id}:`)) versions.remove(scope, id);
  parameters.remove(scope, row.id);
  announce(scope, row, "Delete");
}

/** The value in force, for whoever may see it. */
export const currentValue = (scope: Scope, row: Parameter): string => requireVersion(scope, row.id, row.version).value;

function find(scope: Scope, reference: string): { parameter: Parameter; version: Version; selector?: string } | undefined {
  const name = reference.startsWith("arn:") ? nameOfArn(scope, reference) : reference;
  const home = reference.startsWith("arn:") ? scope.at(reference) : scope;
  const whole = parameters.get(home, name);
  if (whole !== undefined) return { parameter: whole, version: requireVersion(home, name, whole.version) };
  const image = imageOfParameter(home.region, name);
  if (image !== undefined) return publicParameter(name, image);
  const colon = name.lastIndexOf(":");
  const parameter = colon < 0 ? undefined : parameters.get(home, name.slice(0, colon));
  if (parameter === undefined) return undefined;
  const selector = name.slice(colon);
  const wanted = selector.slice(1);
  const version = versions.list(home, `${parameter.id}:`).find((one) => String(one.version) === wanted || one.labels.includes(wanted));
  if (version === undefined)
    fault(
      ParameterVersionNotFound,
      `Systems Manager could not find version ${wanted} of ${parameter.id}. Verify the version and try again.`,
    );
  return { parameter, version, selector };
}

/** A parameter that AWS keeps for everybody. */
function publicParameter(name: string, { id, createdAt }: { id: string; createdAt: number }): { parameter: Parameter; version: Version } {
  const parameter: Parameter = { id: name, type: "String", tier: "Standard", dataType: "aws:ec2:image", version: 1, tags: {} };
  return { parameter, version: { id: versionId(name, 1), version: 1, value: id, modifiedAt: createdAt, modifiedBy: "amazon", labels: [] } };
}

/** arn:…:parameter/a/b is /a/b, or a where that is a parameter without a hierarchy. */
function nameOfArn(scope: Scope, arn: string): string {
  const path = arn.split(":parameter", 2)[1] ?? "";
  return parameters.get(scope.at(arn), path.slice(1)) ? path.slice(1) : path;
}

const versionId = (name: string, version: number): string => `${name}:${String(version).padStart(9, "0")}`;

function requireVersion(scope: Scope, name: string, version: number): Version {
  return (
    versions.get(scope, versionId(name, version)) ??
    fault(ParameterVersionNotFound, `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`)
  );
}

const requireParameter = (scope: Scope, name: string): Parameter => parameters.get(scope, name) ?? fault(ParameterNotFound, "");

function requireTaggable(scope: Scope, type: string, id: string): Parameter {
  if (type !== "Parameter") fault("NotImplemented", `Tags of ${type} are not implemented; only those of parameters are.`, 501);
  return parameters.get(scope, id) ?? fault(InvalidResourceId, "");
}

const invalidToken = (): never => fault(InvalidNextToken, "The specified token is not valid.");

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html#sysman-parameter-name-constraints */
function checkName(name: string): void {
  if (name.split("/").length - 1 > LEVELS_MAX) {
    fault(
      HierarchyLevelLimitExceededException,
      `Hierarchy can't have more than ${LEVELS_MAX} levels. Actual levels: ${name.split("/").length - 1}.`,
    );
  }
  if (/^\/?(aws|ssm)/i.test(name))
    fault("ValidationException", `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`);
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || (name.includes("/") && !name.startsWith("/"))) {
    fault(
      "ValidationException",
      'Parameter name must be a fully qualified name. Only a mix of letters, numbers and the following 3 symbols .-_ are allowed, and a name with a hierarchy must begin with "/".',
    );
  }
}

function checkValue(value: string, allowedPattern: string | undefined, tier: string | undefined): void {
  if (value === "")
    fault(
      "ValidationException",
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  const most = tier === "Standard" || tier === undefined ? 4096 : 8192;
  if (Buffer.byteLength(value) > most) {
    fault(
      "ValidationException",
      `${tier ?? "Standard"} tier parameters support a maximum parameter value of ${most} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`,
    );
  }
  if (allowedPattern !== undefined && !new RegExp(`^(?:${allowedPattern})$`).test(value)) {
    fault("ParameterPatternMismatchException", `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`);
  }
}

function matches(row: Parameter, key: string, option: string, values: readonly string[]): boolean {
  switch (key) {
    case "Name":
      return values.some((value) =>
        option === "BeginsWith" ? row.id.startsWith(value) : option === "Contains" ? row.id.includes(value) : row.id === value,
      );
    case "Type":
      return values.includes(row.type);
    case "Tier":
      return values.includes(row.tier);
    case "DataType":
      return values.includes(row.dataType);
    case "KeyId":
      return row.keyId !== undefined && values.includes(row.keyId);
    case "Path":
      return values.some((path) => row.id.startsWith(path.endsWith("/") ? path : `${path}/`));
    default:
      if (key.startsWith("tag:")) return values.length === 0 ? key.slice(4) in row.tags : values.includes(row.tags[key.slice(4)] ?? "\0");
      return fault("InvalidFilterKey", `The specified filter key ${key} is not valid.`);
  }
}

/** A secure value that is not asked to be decrypted is shown as text that is not the value. */
const shownValue = (row: Parameter, version: Version, decrypt: boolean): string =>
  row.type === "SecureString" && !decrypt
    ? Buffer.from(`encrypted with ${row.keyId}: version ${version.version}`).toString("base64")
    : version.value;

const shown = (scope: Scope, row: Parameter, version: Version, decrypt: boolean, selector?: string) => ({
  Name: row.id,
  Type: row.type,
  Value: shownValue(row, version, decrypt),
  Version: version.version,
  ...(selector && { Selector: selector }),
  LastModifiedDate: new Date(version.modifiedAt),
  ARN: parameterArn(scope, row.id),
  DataType: row.dataType,
});

function described(scope: Scope, row: Parameter) {
  const version = requireVersion(scope, row.id, row.version);
  return {
    Name: row.id,
    ARN: parameterArn(scope, row.id),
    Type: row.type,
    ...(row.keyId !== undefined && { KeyId: row.keyId }),
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: version.modifiedBy,
    ...(row.description !== undefined && { Description: row.description }),
    ...(row.allowedPattern !== undefined && { AllowedPattern: row.allowedPattern }),
    Version: row.version,
    Tier: row.tier,
    Policies: [],
    DataType: row.dataType,
  };
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html */
function announce(scope: Scope, row: Parameter, verb: "Create" | "Update" | "Delete"): void {
  scope.emit({
    source: "aws.ssm",
    detailType: "Parameter Store Change",
    detail: { operation: verb, name: row.id, type: row.type, ...(row.description !== undefined && { description: row.description }) },
    resources: [parameterArn(scope, row.id)],
  });
}
