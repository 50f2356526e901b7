import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  type ActionType,
  type ActionTypeDeclaration,
  type ActionTypeId,
  ActionTypeNotFoundException,
  GetActionType$,
  InvalidNextTokenException,
  ListActionTypes$,
  UpdateActionType$,
} from "../../sdk/codepipeline.js";
import { actionProviders } from "./actions/provided.ts";
import { actionTypeRow, actionTypes, type CustomActionType } from "./custom-action-type.ts";
import type { ActionProvider } from "./provider.ts";

const PAGE_MAX = 100;

/** The types that can be declared here, whatever the region: the same are everywhere. */
export const listActionTypes = operation(ListActionTypes$, (scope, { actionOwnerFilter, nextToken }) => {
  const custom = actionTypes.list(scope).filter(({ isDeleted }) => !isDeleted);
  const all = [...actionProviders().map((provider) => shown(scope, provider)), ...custom.map((type) => type.shown as ActionType)];
  const wanted = all.filter(({ id }) => actionOwnerFilter === undefined || id!.owner === actionOwnerFilter);
  const { items, nextToken: next } = page(
    wanted.map((type) => ({ type, place: actionTypeRow(type.id!) })).sort((one, other) => (one.place < other.place ? -1 : 1)),
    ({ place }) => place,
    PAGE_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return { actionTypes: items.map(({ type }) => type), ...(next && { nextToken: next }) };
});

/** Types of AWS and of the account itself have no such declaration. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-types.html */
export const getActionType = operation(GetActionType$, (scope, typeId) => ({
  actionType: requirePartner(scope, typeId as ActionTypeId).partner!.declaration as ActionTypeDeclaration,
}));

export const updateActionType = operation(UpdateActionType$, (scope, { actionType }) => {
  requirePartner(scope, actionType!.id as ActionTypeId);
  putPartnerType(scope, actionType!);
  return {};
});

/** Take in a partner's action type, as AWS does on request. Its workers show the token; it stays the same. */
export function putPartnerType(scope: Scope, declaration: ActionTypeDeclaration): CustomActionType {
  const id = actionTypeRow(declaration.id as ActionTypeId);
  const known = actionTypes.get(scope, id)?.partner;
  const { clientId = idsFrom(`${scope.account} ${id} client`).uuid(), clientToken = idsFrom(`${scope.settings.seed} ${id} token`).uuid() } =
    known ?? {};
  const partner = { declaration: stored(declaration), clientId, clientToken };
  return actionTypes.put(scope, { id, shown: shapeOf(declaration), tags: {}, partner });
}

function requirePartner(scope: Scope, typeId: ActionTypeId): CustomActionType {
  const type = actionTypes.get(scope, actionTypeRow(typeId));
  if (type?.partner !== undefined) return type;
  const { category, owner, provider, version } = typeId;
  return fault(
    ActionTypeNotFoundException,
    `Could not find action type for category: '${category}', owner: '${owner}', provider: '${provider}', version: '${version}'`,
  );
}

/** The declaration of a partner's type as pipelines see it. */
function shapeOf({ id, urls, properties = [], inputArtifactDetails, outputArtifactDetails }: ActionTypeDeclaration): Stored<ActionType> {
  return stored({
    id: id as ActionTypeId,
    settings: {
      ...(urls?.configurationUrl !== undefined && { thirdPartyConfigurationUrl: urls.configurationUrl }),
      ...(urls?.entityUrlTemplate !== undefined && { entityUrlTemplate: urls.entityUrlTemplate }),
      ...(urls?.executionUrlTemplate !== undefined && { executionUrlTemplate: urls.executionUrlTemplate }),
      ...(urls?.revisionUrlTemplate !== undefined && { revisionUrlTemplate: urls.revisionUrlTemplate }),
    },
    actionConfigurationProperties: properties.map(({ name, optional = false, key = false, noEcho = false, queryable = false }) => ({
      name: name!,
      required: !optional,
      key,
      secret: noEcho,
      queryable,
    })),
    inputArtifactDetails: inputArtifactDetails!,
    outputArtifactDetails: outputArtifactDetails!,
  });
}

function shown(scope: Scope, { type, inputs, outputs, properties, entityUrl }: ActionProvider): ActionType {
  const placeholders = Object.fromEntries(properties.map(({ name }) => [name, `{Config:${name}}`]));
  return {
    id: { ...type },
    settings: entityUrl === undefined ? {} : { entityUrlTemplate: entityUrl(scope, placeholders) },
    actionConfigurationProperties: properties.map(({ name, required = false, secret = false }) => ({
      name,
      required,
      secret,
      key: required && !secret,
      queryable: false,
    })),
    inputArtifactDetails: { minimumCount: inputs[0], maximumCount: inputs[1] },
    outputArtifactDetails: { minimumCount: outputs[0], maximumCount: outputs[1] },
  };
}
