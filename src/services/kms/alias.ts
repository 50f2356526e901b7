import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  AlreadyExistsException,
  CreateAlias$,
  DeleteAlias$,
  InvalidAliasNameException,
  InvalidMarkerException,
  ListAliases$,
  NotFoundException,
  UpdateAlias$,
} from "../../sdk/kms.js";
import { requireKey } from "./key.ts";

/** A name of a key, such as alias/shop. */
export interface Alias extends Row {
  readonly keyId: string;
  /** What named the key when the alias was put, such as an ARN. */
  readonly givenAs?: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const aliases = new Table<Alias>("kms/alias");

/** Aliases that AWS lists before they have a key: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html */
export const PREDEFINED = [
  "acm",
  "dynamodb",
  "ebs",
  "elasticfilesystem",
  "es",
  "glue",
  "kinesisvideo",
  "lambda",
  "rds",
  "redshift",
  "s3",
  "ssm",
  "xray",
].map((service) => `alias/aws/${service}`);

export const createAlias = operation(CreateAlias$, (scope, { AliasName, TargetKeyId }) => {
  checkAliasName(AliasName!);
  if (aliases.get(scope, AliasName!))
    fault(AlreadyExistsException, `An alias with the name ${scope.arn("kms", AliasName!)} already exists`);
  putAlias(scope, AliasName!, TargetKeyId!);
  return {};
});

export const updateAlias = operation(UpdateAlias$, (scope, { AliasName, TargetKeyId }) => {
  requireAlias(scope, AliasName!);
  putAlias(scope, AliasName!, TargetKeyId!);
  return {};
});

export const deleteAlias = operation(DeleteAlias$, (scope, { AliasName }) => {
  aliases.remove(scope, requireAlias(scope, AliasName!).id);
  return {};
});

export const listAliases = operation(ListAliases$, (scope, { KeyId, Limit = 50, Marker }) => {
  const target = KeyId === undefined ? undefined : requireKey(scope, KeyId).key.id;
  const found = aliases.list(scope).filter(({ keyId }) => target === undefined || keyId === target);
  const withoutKey = target === undefined ? PREDEFINED.filter((id) => aliases.get(scope, id) === undefined) : [];
  const { items, nextToken } = page(
    [...found, ...withoutKey.map((id): Listed => ({ id }))].sort((one, other) => (one.id < other.id ? -1 : 1)),
    ({ id }) => id,
    Limit,
    Marker,
    () => fault(InvalidMarkerException, "Invalid marker."),
  );
  const Aliases = items.map(({ id, keyId, createdAt, modifiedAt }) => ({
    AliasName: id,
    AliasArn: scope.arn("kms", id),
    ...(keyId !== undefined && { TargetKeyId: keyId, CreationDate: new Date(createdAt!), LastUpdatedDate: new Date(modifiedAt!) }),
  }));
  return { Aliases, Truncated: nextToken !== undefined, ...(nextToken && { NextMarker: nextToken }) };
});

type Listed = Pick<Alias, "id"> & Partial<Alias>;

export function checkAliasName(name: string): void {
  if (!name.startsWith("alias/") || name.startsWith("alias/aws/")) {
    fault(
      InvalidAliasNameException,
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
}

/** Make the alias name the key. */
export function putAlias(scope: Scope, name: string, keyReference: string): Alias {
  const { key } = requireKey(scope, keyReference);
  const now = scope.clock.now();
  const createdAt = aliases.get(scope, name)?.createdAt ?? now;
  return aliases.put(scope, { id: name, keyId: key.id, givenAs: keyReference, createdAt, modifiedAt: now });
}

const requireAlias = (scope: Scope, name: string): Alias =>
  aliases.get(scope, name) ?? fault(NotFoundException, `Alias ${scope.arn("kms", name)} is not found.`);
