import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  AddClientIDToOpenIDConnectProvider$,
  CreateOpenIDConnectProvider$,
  DeleteOpenIDConnectProvider$,
  EntityAlreadyExistsException,
  GetOpenIDConnectProvider$,
  InvalidInputException,
  ListOpenIDConnectProviders$,
  ListOpenIDConnectProviderTags$,
  NoSuchEntityException,
  RemoveClientIDFromOpenIDConnectProvider$,
  TagOpenIDConnectProvider$,
  UntagOpenIDConnectProvider$,
  UpdateOpenIDConnectProviderThumbprint$,
} from "../../sdk/iam.js";

/** A provider of identities outside, such as a code host; its id is its URL without https://. */
export interface OidcProvider extends Row {
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAt: number;
  readonly tags: Tags;
}

export const oidcProviders = new Table<OidcProvider>("iam/oidc-provider", {
  reach: "account",
  arn: ({ id }, { account }) => providerArn(account, id),
});

const RECORDED = { partial: "the provider is kept; nobody assumes a role with its tokens" };

const createProvider = operation(
  CreateOpenIDConnectProvider$,
  (scope, { Url, ClientIDList = [], ThumbprintList = [], Tags }) => {
    const provider = newProvider(scope, Url!, { clientIds: ClientIDList, thumbprints: ThumbprintList, tags: tagsOf(Tags) });
    return { OpenIDConnectProviderArn: providerArn(scope.account, provider.id), ...(Tags && { Tags }) };
  },
  RECORDED,
);

const getProvider = operation(GetOpenIDConnectProvider$, (scope, { OpenIDConnectProviderArn: arn }) => {
  const { id, clientIds, thumbprints, createdAt, tags } = requireProvider(scope, arn!);
  return {
    Url: id,
    ClientIDList: [...clientIds],
    ThumbprintList: [...thumbprints],
    CreateDate: new Date(createdAt),
    ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
  };
});

const listProviders = operation(ListOpenIDConnectProviders$, (scope) => ({
  OpenIDConnectProviderList: oidcProviders.list(scope).map(({ id }) => ({ Arn: providerArn(scope.account, id) })),
}));

const deleteProvider = operation(DeleteOpenIDConnectProvider$, (scope, { OpenIDConnectProviderArn: arn }) => {
  oidcProviders.remove(scope, requireProvider(scope, arn!).id);
  return {};
});

const addClientId = operation(AddClientIDToOpenIDConnectProvider$, (scope, { OpenIDConnectProviderArn: arn, ClientID }) => {
  const { id, clientIds } = requireProvider(scope, arn!);
  oidcProviders.patch(scope, id, { clientIds: [...new Set([...clientIds, ClientID!])] });
  return {};
});

const removeClientId = operation(RemoveClientIDFromOpenIDConnectProvider$, (scope, { OpenIDConnectProviderArn: arn, ClientID }) => {
  const { id, clientIds } = requireProvider(scope, arn!);
  oidcProviders.patch(scope, id, { clientIds: clientIds.filter((other) => other !== ClientID) });
  return {};
});

const updateThumbprint = operation(UpdateOpenIDConnectProviderThumbprint$, (scope, { OpenIDConnectProviderArn: arn, ThumbprintList }) => {
  oidcProviders.patch(scope, requireProvider(scope, arn!).id, { thumbprints: ThumbprintList! });
  return {};
});

const tagProvider = operation(TagOpenIDConnectProvider$, (scope, { OpenIDConnectProviderArn: arn, Tags }) => {
  const { id, tags } = requireProvider(scope, arn!);
  oidcProviders.patch(scope, id, { tags: withTags(tags, tagsOf(Tags)) });
  return {};
});

const untagProvider = operation(UntagOpenIDConnectProvider$, (scope, { OpenIDConnectProviderArn: arn, TagKeys }) => {
  const { id, tags } = requireProvider(scope, arn!);
  oidcProviders.patch(scope, id, { tags: withoutTags(tags, TagKeys!) });
  return {};
});

const listTags = operation(ListOpenIDConnectProviderTags$, (scope, { OpenIDConnectProviderArn: arn }) => ({
  Tags: tagList(requireProvider(scope, arn!).tags),
  IsTruncated: false,
}));

export const oidcOperations = [
  createProvider,
  getProvider,
  listProviders,
  deleteProvider,
  addClientId,
  removeClientId,
  updateThumbprint,
  tagProvider,
  untagProvider,
  listTags,
];

type Settings = Pick<OidcProvider, "clientIds" | "thumbprints" | "tags">;

export function newProvider(scope: Scope, url: string, settings: Settings): OidcProvider {
  if (!url.startsWith("https://")) fault(InvalidInputException, "Invalid Open ID Connect Provider URL");
  const id = url.slice("https://".length).replace(/\/$/, "");
  if (oidcProviders.get(scope, id)) fault(EntityAlreadyExistsException, `Provider with url ${url} already exists.`);
  return oidcProviders.put(scope, { id, createdAt: scope.clock.now(), ...settings });
}

export const providerArn = (account: string, id: string): string => `arn:aws:iam::${account}:oidc-provider/${id}`;

export const providerIdOf = (arn: string): string => arn.slice(arn.indexOf("/") + 1);

const requireProvider = (scope: Scope, arn: string): OidcProvider =>
  oidcProviders.get(scope, providerIdOf(arn)) ?? fault(NoSuchEntityException, `OpenIDConnect Provider not found for arn ${arn}`);
