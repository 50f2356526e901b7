import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Reference } from "../../kernel/reference.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { type Tags, tagList, tagsOf, withoutTags, withTags } from "../../kernel/tag.ts";
import {
  CreateSecret$,
  DeleteSecret$,
  DescribeSecret$,
  GetRandomPassword$,
  GetSecretValue$,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidRequestException,
  ListSecrets$,
  ListSecretVersionIds$,
  PutSecretValue$,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecret$,
  TagResource$,
  UntagResource$,
  UpdateSecret$,
} from "../../sdk/secrets-manager.js";
import { rotations } from "./rotation.ts";

/** A secret, by its name. */
export interface Secret extends Row {
  /** The name and six letters, as ARNs have it. */
  readonly arn: string;
  readonly description?: string;
  readonly keyId?: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly deletesAt?: number;
  readonly versions: Readonly<Record<string, Version>>;
  /** The resource policy. */
  readonly policy?: string;
  readonly tags: Tags;
}

/** One value, text or bytes (in base64), and the stages it is in. One that is being rotated to has no value at first. */
interface Version {
  readonly text?: string;
  readonly base64?: string;
  readonly stages: readonly string[];
  readonly createdAt: number;
}

export const secrets = new Table<Secret>("secrets-manager/secret", { indexes: { arn: ({ arn }) => arn }, arn: ({ arn }) => arn });

export const CURRENT = "AWSCURRENT";
export const PREVIOUS = "AWSPREVIOUS";
const DAY_MS = 86_400_000;
const VERSIONS_MAX = 100;

interface Value {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

export const createSecret = operation(CreateSecret$, (scope, input) => {
  const known = secrets.get(scope, input.Name!);
  if (known?.deletesAt !== undefined) {
    fault(InvalidRequestException, "You can't create this secret because a secret with this name is already scheduled for deletion.");
  }
  if (known !== undefined) fault(ResourceExistsException, `The operation failed because the secret ${input.Name} already exists.`);
  const secret = newSecret(scope, { name: input.Name!, description: input.Description, keyId: input.KmsKeyId, tags: tagsOf(input.Tags) });
  if (input.SecretString === undefined && input.SecretBinary === undefined) return { ARN: secret.arn, Name: secret.id };
  const version = putVersion(scope, secret, input, input.ClientRequestToken ?? scope.id.uuid());
  return { ARN: secret.arn, Name: secret.id, VersionId: version };
});

export const getSecretValue = operation(GetSecretValue$, (scope, { SecretId, VersionId, VersionStage }) => {
  const { secret } = requireLive(scope, SecretId!);
  const id = VersionId ?? inStage(secret, VersionStage ?? CURRENT);
  const version = id === undefined ? undefined : secret.versions[id];
  const hasValue = version?.text !== undefined || version?.base64 !== undefined;
  if (
    version === undefined ||
    !hasValue ||
    (VersionId !== undefined && VersionStage !== undefined && !version.stages.includes(VersionStage))
  ) {
    fault(
      ResourceNotFoundException,
      VersionId
        ? `Secrets Manager can't find the specified secret value for VersionId: ${VersionId}`
        : `Secrets Manager can't find the specified secret value for staging label: ${VersionStage ?? CURRENT}`,
    );
  }
  return {
    ARN: secret.arn,
    Name: secret.id,
    VersionId: id!,
    ...(version.text !== undefined && { SecretString: version.text }),
    ...(version.base64 !== undefined && { SecretBinary: Buffer.from(version.base64, "base64") }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
  };
});

export const putSecretValue = operation(PutSecretValue$, (scope, { SecretId, ClientRequestToken, VersionStages, ...value }) => {
  const { secret, scope: home } = requireLive(scope, SecretId!);
  const version = putVersion(home, secret, value, ClientRequestToken ?? scope.id.uuid(), VersionStages);
  return {
    ARN: secret.arn,
    Name: secret.id,
    VersionId: version,
    VersionStages: [...secrets.get(home, secret.id)!.versions[version]!.stages],
  };
});

export const updateSecret = operation(UpdateSecret$, (scope, { SecretId, Description, KmsKeyId, ClientRequestToken, ...value }) => {
  const { secret, scope: home } = requireLive(scope, SecretId!);
  const change = { ...(Description !== undefined && { description: Description }), ...(KmsKeyId !== undefined && { keyId: KmsKeyId }) };
  const patched = secrets.patch(home, secret.id, { ...change, changedAt: scope.clock.now() });
  if (value.SecretString === undefined && value.SecretBinary === undefined) return { ARN: secret.arn, Name: secret.id };
  return { ARN: secret.arn, Name: secret.id, VersionId: putVersion(home, patched, value, ClientRequestToken ?? scope.id.uuid()) };
});

export const describeSecret = operation(DescribeSecret$, (scope, { SecretId }) => {
  const { secret, scope: home } = requireSecret(scope, SecretId!);
  return { ...described(secret), ...rotationOf(home, secret) };
});

export const listSecrets = operation(ListSecrets$, (scope, { Filters = [], MaxResults = 100, NextToken, IncludePlannedDeletion }) => {
  const has = (secret: Secret, key: string | undefined, values: readonly string[] = []): boolean => {
    const texts =
      key === "name"
        ? [secret.id]
        : key === "description"
          ? [secret.description ?? ""]
          : key === "tag-key"
            ? Object.keys(secret.tags)
            : key === "tag-value"
              ? Object.values(secret.tags)
              : [secret.id, secret.description ?? ""];
    return values.some((value) =>
      value.startsWith("!") ? !texts.some((text) => text.startsWith(value.slice(1))) : texts.some((text) => text.startsWith(value)),
    );
  };
  const found = secrets
    .list(scope)
    .filter(
      (secret) =>
        (IncludePlannedDeletion || secret.deletesAt === undefined) && Filters.every(({ Key, Values }) => has(secret, Key, Values)),
    );
  const { items, nextToken } = page(
    found,
    ({ id }) => id,
    MaxResults,
    NextToken,
    () => fault(InvalidNextTokenException, "Invalid token."),
  );
  const SecretList = items.map((secret) => {
    const { VersionIdsToStages, ...rest } = described(secret);
    return { ...rest, ...rotationOf(scope, secret), SecretVersionsToStages: VersionIdsToStages };
  });
  return { SecretList, ...(nextToken && { NextToken: nextToken }) };
});

export const listSecretVersionIds = operation(ListSecretVersionIds$, (scope, { SecretId }) => {
  const { secret } = requireSecret(scope, SecretId!);
  const Versions = Object.entries(secret.versions).map(([VersionId, { stages, createdAt }]) => ({
    VersionId,
    VersionStages: [...stages],
    CreatedDate: new Date(createdAt),
  }));
  return { Versions, ARN: secret.arn, Name: secret.id };
});

export const deleteSecret = operation(DeleteSecret$, (scope, { SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery }) => {
  if (RecoveryWindowInDays !== undefined && ForceDeleteWithoutRecovery) {
    fault(InvalidParameterException, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  const { secret, scope: home } = requireLive(scope, SecretId!);
  const deletesAt = scope.clock.now() + (ForceDeleteWithoutRecovery ? 0 : (RecoveryWindowInDays ?? 30) * DAY_MS);
  if (ForceDeleteWithoutRecovery) secrets.remove(home, secret.id);
  else secrets.patch(home, secret.id, { deletesAt });
  return { ARN: secret.arn, Name: secret.id, DeletionDate: new Date(deletesAt) };
});

export const restoreSecret = operation(RestoreSecret$, (scope, { SecretId }) => {
  const { secret, scope: home } = requireSecret(scope, SecretId!);
  secrets.patch(home, secret.id, { deletesAt: undefined });
  return { ARN: secret.arn, Name: secret.id };
});

export const tagResource = operation(TagResource$, (scope, { SecretId, Tags }) => {
  const { secret, scope: home } = requireLive(scope, SecretId!);
  secrets.patch(home, secret.id, { tags: withTags(secret.tags, tagsOf(Tags)) });
  return {};
});

export const untagResource = operation(UntagResource$, (scope, { SecretId, TagKeys }) => {
  const { secret, scope: home } = requireLive(scope, SecretId!);
  secrets.patch(home, secret.id, { tags: withoutTags(secret.tags, TagKeys!) });
  return {};
});

export const getRandomPassword = operation(GetRandomPassword$, (scope, input) => ({ RandomPassword: randomPassword(scope, input) }));

/** {{resolve:secretsmanager:SECRET[:SecretString[:JSON-KEY[:STAGE[:VERSION]]]]}}; SECRET is a name or a whole ARN. */
export const secretReference: Reference = {
  kind: "secretsmanager",
  resolve(scope, name) {
    const parts = name.split(":");
    const count = name.startsWith("arn:") ? 7 : 1;
    const SecretId = parts.slice(0, count).join(":");
    const [, key, stage, version] = parts.slice(count);
    const found = find(scope, SecretId);
    const id = found && (version || inStage(found.secret, stage || CURRENT));
    const text = found && id ? found.secret.versions[id]?.text : undefined;
    if (text === undefined) return { state: "absent", reason: "Secrets Manager can't find the specified secret." };
    if (!key) return { state: "value", value: text };
    const value = member(text, key);
    return value === undefined
      ? { state: "absent", reason: `Could not find a value associated with JSONKey in SecretString` }
      : { state: "value", value };
  },
};

/** Make a secret without a value. */
export function newSecret(
  scope: Scope,
  { name, description, keyId, tags }: { name: string; description: string | undefined; keyId: string | undefined; tags: Tags },
): Secret {
  const now = scope.clock.now();
  const arn = scope.arn(
    "secretsmanager",
    `secret:${name}-${scope.id.text(6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")}`,
  );
  const secret = { id: name, arn, createdAt: now, changedAt: now, versions: {}, tags };
  return secrets.put(scope, { ...secret, ...(description !== undefined && { description }), ...(keyId !== undefined && { keyId }) });
}

/** Put a value under a version id; a version that is there must be the same. The newest is in AWSCURRENT unless said otherwise. */
export function putVersion(
  scope: Scope,
  secret: Secret,
  { SecretString, SecretBinary }: Value,
  id: string,
  stages: readonly string[] = [CURRENT],
): string {
  const value = {
    ...(SecretString !== undefined && { text: SecretString }),
    ...(SecretBinary !== undefined && { base64: Buffer.from(SecretBinary).toString("base64") }),
  };
  if (Object.keys(value).length !== 1) fault(InvalidParameterException, "You must provide either SecretString or SecretBinary.");
  const known = secret.versions[id];
  if (known !== undefined && (known.text ?? known.base64) !== undefined) {
    if (known.text !== value.text || known.base64 !== value.base64)
      fault(
        ResourceExistsException,
        `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    return id;
  }
  const current = inStage(secret, CURRENT);
  const before = Object.entries(secret.versions).filter(([other]) => other !== id);
  const others = before.map(([other, version]): [string, Version] => {
    const left = version.stages.filter((stage) => !stages.includes(stage) && !(stage === PREVIOUS && stages.includes(CURRENT)));
    return [other, { ...version, stages: other === current && stages.includes(CURRENT) ? [...left, PREVIOUS] : left }];
  });
  const kept = others.filter(([, version]) => version.stages.length > 0 || others.length < VERSIONS_MAX);
  secrets.patch(scope, secret.id, {
    versions: { ...Object.fromEntries(kept), [id]: { ...value, stages, createdAt: scope.clock.now() } },
    changedAt: scope.clock.now(),
  });
  return id;
}

export interface PasswordRules {
  readonly PasswordLength?: number | undefined;
  readonly ExcludeCharacters?: string | undefined;
  readonly ExcludeNumbers?: boolean | undefined;
  readonly ExcludePunctuation?: boolean | undefined;
  readonly ExcludeUppercase?: boolean | undefined;
  readonly ExcludeLowercase?: boolean | undefined;
  readonly IncludeSpace?: boolean | undefined;
  readonly RequireEachIncludedType?: boolean | undefined;
}

export function randomPassword(scope: Scope, rules: PasswordRules): string {
  const without = (letters: string): string => [...letters].filter((letter) => !rules.ExcludeCharacters?.includes(letter)).join("");
  const kinds = [
    rules.ExcludeLowercase ? "" : without("abcdefghijklmnopqrstuvwxyz"),
    rules.ExcludeUppercase ? "" : without("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    rules.ExcludeNumbers ? "" : without("0123456789"),
    rules.ExcludePunctuation ? "" : without("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    rules.IncludeSpace ? without(" ") : "",
  ].filter((letters) => letters.length > 0);
  const length = rules.PasswordLength ?? 32;
  if (kinds.length === 0 || length < kinds.length)
    fault(InvalidParameterException, "The password length must be at least the number of required types.");
  const must = (rules.RequireEachIncludedType ?? true) ? kinds.map((letters) => scope.id.text(1, letters)) : [];
  const letters = [...must, ...scope.id.text(length - must.length, kinds.join(""))];
  for (let index = letters.length - 1; index > 0; index--) {
    const other = Math.floor(scope.id.chance() * (index + 1));
    [letters[index], letters[other]] = [letters[other]!, letters[index]!];
  }
  return letters.join("");
}

/** By name, by whole ARN, or by an ARN without its six letters. */
export function find(scope: Scope, id: string): { secret: Secret; scope: Scope } | undefined {
  if (!id.startsWith("arn:")) {
    const secret = secrets.get(scope, id);
    return secret && { secret, scope };
  }
  const home = scope.at(id);
  const secret = secrets.by(home, "arn", id)[0] ?? secrets.get(home, id.split(":").slice(6).join(":"));
  return secret && { secret, scope: home };
}

const requireSecret = (scope: Scope, id: string): { secret: Secret; scope: Scope } =>
  find(scope, id) ?? fault(ResourceNotFoundException, "Secrets Manager can't find the specified secret.");

export function requireLive(scope: Scope, id: string): { secret: Secret; scope: Scope } {
  const found = requireSecret(scope, id);
  if (found.secret.deletesAt !== undefined)
    fault(InvalidRequestException, "You can't perform this operation on the secret because it was marked for deletion.");
  return found;
}

export const inStage = ({ versions }: Secret, stage: string): string | undefined =>
  Object.keys(versions).find((id) => versions[id]!.stages.includes(stage));

function member(text: string, key: string): string | undefined {
  try {
    const value = JSON.parse(text)[key];
    return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function rotationOf(scope: Scope, { id }: Secret) {
  const rotation = rotations.get(scope, id);
  if (rotation === undefined) return {};
  const { enabled, lambdaArn, rules, rotatedAt, nextAt } = rotation;
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: lambdaArn,
    RotationRules: rules,
    ...(rotatedAt !== undefined && { LastRotatedDate: new Date(rotatedAt) }),
    ...(nextAt !== undefined && { NextRotationDate: new Date(nextAt) }),
  };
}

const described = ({ id, arn, description, keyId, createdAt, changedAt, deletesAt, versions, tags }: Secret) => ({
  ARN: arn,
  Name: id,
  ...(description !== undefined && { Description: description }),
  ...(keyId !== undefined && { KmsKeyId: keyId }),
  LastChangedDate: new Date(changedAt),
  ...(deletesAt !== undefined && { DeletedDate: new Date(deletesAt) }),
  Tags: tagList(tags),
  VersionIdsToStages: Object.fromEntries(Object.entries(versions).map(([version, { stages }]) => [version, [...stages]])),
  CreatedDate: new Date(createdAt),
});
