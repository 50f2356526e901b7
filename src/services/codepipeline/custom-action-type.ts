import { fault } from "../../kernel/fault.ts";
import { type Stored, sameJson, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { lowerTagList, type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  type ActionOwner,
  type ActionType,
  type ActionTypeDeclaration,
  type ActionTypeId,
  CreateCustomActionType$,
  type CreateCustomActionTypeInput,
  DeleteCustomActionType$,
} from "../../sdk/codepipeline.js";

/** An action type that somebody's own workers carry out, by owner/category/provider/version. */
export interface CustomActionType extends Row {
  readonly shown: Stored<ActionType>;
  readonly isDeleted?: true;
  readonly tags: Tags;
  /** The CloudFormation request that made it. */
  readonly madeBy?: string;
  /** Of a partner: how it was declared, and what his workers show. */
  readonly partner?: {
    readonly declaration: Stored<ActionTypeDeclaration>;
    readonly clientId: string;
    readonly clientToken: string;
  };
}

export const actionTypes = new Table<CustomActionType>("codepipeline/action-type", {
  arn: ({ id }, { account, region }) => `arn:aws:codepipeline:${region}:${account}:actiontype:${id}`,
});

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const ARTIFACTS_MAX = 5;

export const actionTypeRow = ({ owner, category, provider, version }: ActionTypeId): string =>
  [owner, category, provider, version].join("/");

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-custom-action.html */
export const createCustomActionType = operation(CreateCustomActionType$, (scope, input) => {
  const { shown, tags } = newActionType(scope, input, tagsOf(input.tags));
  return { actionType: shown as ActionType, ...(input.tags && { tags: lowerTagList(tags) }) };
});

export const deleteCustomActionType = operation(DeleteCustomActionType$, (scope, { category, provider, version }) => {
  const id = actionTypeRow({ owner: "Custom", category, provider, version });
  if (actionTypes.get(scope, id) !== undefined) actionTypes.patch(scope, id, { isDeleted: true });
  return {};
});

/** Make an action type. One that was deleted comes back as it was, or not at all. */
export function newActionType(scope: Scope, input: CreateCustomActionTypeInput, tags: Tags): CustomActionType {
  const shown = shapeOf(input);
  check(shown);
  const id = actionTypeRow(shown.id! as ActionTypeId);
  const known = actionTypes.get(scope, id);
  const { category, owner, provider, version } = shown.id!;
  const name = `ActionType (Category: '${category}', Provider: '${provider}', Owner: '${owner}', Version: '${version}')`;
  if (known !== undefined && !known.isDeleted) invalid(`${name} already exists`);
  if (known !== undefined && !sameJson(known.shown, shown))
    invalid(`${name} was deleted; its version cannot be used for another definition`);
  return actionTypes.put(scope, { id, shown, tags });
}

/** The action type as ListActionTypes shows it. */
function shapeOf(input: CreateCustomActionTypeInput): Stored<ActionType> {
  const { category, provider, version, settings, configurationProperties, inputArtifactDetails, outputArtifactDetails } = input;
  return stored({
    id: { category: category!, owner: "Custom" as ActionOwner, provider: provider!, version: version! },
    ...(settings && { settings }),
    actionConfigurationProperties: configurationProperties ?? [],
    inputArtifactDetails: inputArtifactDetails!,
    outputArtifactDetails: outputArtifactDetails!,
  });
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfigurationProperty.html */
function check({ actionConfigurationProperties = [], inputArtifactDetails, outputArtifactDetails }: Stored<ActionType>): void {
  for (const details of [inputArtifactDetails!, outputArtifactDetails!]) {
    const { minimumCount = 0, maximumCount = 0 } = details;
    if (minimumCount > maximumCount)
      invalid(`Maximum Number of Artifacts (${maximumCount}) has to be greater than or equal to minimum (${minimumCount}).`);
    if (maximumCount > ARTIFACTS_MAX) invalid(`Maximum artifact count must not be greater than ${ARTIFACTS_MAX}`);
  }
  const queryable = actionConfigurationProperties.filter((property) => property.queryable);
  if (queryable.length > 1) {
    const found = queryable.map(({ name }) => name).join(", ");
    invalid(`Multiple queryable configuration properties found with names '${found}'. Up to one queryable property may be specified.`);
  }
  const wrong = queryable.find(({ required, secret }) => !required || secret);
  if (wrong !== undefined)
    invalid(`Invalid queryable property '${wrong.name}'. Queryable configuration properties must be required and non-secret.`);
  const names = actionConfigurationProperties.map(({ name }) => name);
  if (new Set(names).size < names.length) invalid("The names of configuration properties must be unique");
}

const invalid = (message: string): never => fault("ValidationException", message);
