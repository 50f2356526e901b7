import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteSourceCredentials$,
  ImportSourceCredentials$,
  InvalidInputException,
  ListSourceCredentials$,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "../../sdk/codebuild.js";
import type { Build, Source } from "./build.ts";

/** How CodeBuild gets at repositories elsewhere: one per kind of server. */
export interface SourceCredential extends Row {
  readonly authType: string;
  readonly token: string;
  readonly username?: string;
  /** The random part of its ARN. */
  readonly suffix: string;
}

/** By the kind of server, such as GITHUB. */
export const sourceCredentials = new Table<SourceCredential>("codebuild/source-credential");

/** The CLI takes the option for `get` only; git asks for `store` and `erase` too, of which there is nothing to do. */
const CODECOMMIT_HELPER = '!f() { [ "$1" != get ] || aws codecommit credential-helper --ignore-host-check get; }; f';

/** What git shows a server: a name and a password. */
export interface GitLogin {
  readonly username: string;
  readonly password: string;
  /** The password is a token, which says by itself whose it is. */
  readonly isToken: boolean;
}

export const importSourceCredentials = operation(ImportSourceCredentials$, (scope, input) => {
  const { serverType, authType, token, username, shouldOverwrite = true } = input;
  if (authType === "BASIC_AUTH" && username === undefined) fault(InvalidInputException, "Username is required for BASIC_AUTH");
  const known = sourceCredentials.get(scope, serverType!);
  if (known !== undefined && !shouldOverwrite) {
    fault(
      ResourceAlreadyExistsException,
      "Access token with server type and auth type already exists, delete its associated credential first",
    );
  }
  return { arn: sourceCredentialArn(scope, putSourceCredential(scope, serverType!, { authType: authType!, token: token!, username })) };
});

export const deleteSourceCredentials = operation(DeleteSourceCredentials$, (scope, { arn }) => {
  const known = sourceCredentialOf(scope, arn!);
  if (known === undefined) return fault(ResourceNotFoundException, `Source credentials cannot be found: ${arn}`);
  sourceCredentials.remove(scope, known.id);
  return { arn: arn! };
});

export const listSourceCredentials = operation(ListSourceCredentials$, (scope) => ({
  sourceCredentialsInfos: sourceCredentials.list(scope).map((credential) => ({
    arn: sourceCredentialArn(scope, credential),
    serverType: credential.id as never,
    authType: credential.authType as never,
    ...(isReference(credential) && { resource: credential.token }),
  })),
}));

/** Make the credential be as said; its ARN stays. */
export function putSourceCredential(
  scope: Scope,
  serverType: string,
  { authType, token, username }: { authType: string; token: string; username?: string | undefined },
): SourceCredential {
  const suffix = sourceCredentials.get(scope, serverType)?.suffix ?? scope.id.uuid();
  return sourceCredentials.put(scope, { id: serverType, authType, token, suffix, ...(username !== undefined && { username }) });
}

export const sourceCredentialArn = (scope: Scope, { id, suffix }: SourceCredential): string =>
  scope.arn("codebuild", `token/${id.toLowerCase()}-${suffix}`);

export const sourceCredentialOf = (scope: Scope, arn: string): SourceCredential | undefined =>
  sourceCredentials.list(scope).find((credential) => sourceCredentialArn(scope, credential) === arn);

/** The connection by which a source is reached, where it is by one. */
export function connectionOf(scope: Scope, { type, auth }: Source): string | undefined {
  if (auth?.type === "CODECONNECTIONS") return auth.resource;
  const imported = auth === undefined || auth.type === "OAUTH" ? sourceCredentials.get(scope, type!) : undefined;
  return imported?.authType === "CODECONNECTIONS" ? imported.token : undefined;
}

/** How to log in where a source is; undefined where nobody said. Throws a sentence where it cannot be known. */
export function loginFor(scope: Scope, { type, auth }: Source): GitLogin | string | undefined {
  const imported = sourceCredentials.get(scope, type!);
  const { authType, token, username } =
    auth?.resource !== undefined && auth.type !== "OAUTH"
      ? { authType: auth.type, token: auth.resource, username: undefined }
      : (imported ?? {});
  if (authType === undefined || token === undefined) return undefined;
  const secret = authType === "SECRETS_MANAGER" ? secretOf(scope, token) : token;
  if (secret === undefined) return "ResourceNotFoundException: Secrets Manager can't find the specified secret.";
  return { username: username ?? userOf(type!), password: secret, isToken: username === undefined };
}

/** Git's settings, as variables, by which it logs in to wherever the build's primary source is. */
export function credentialVariables(scope: Scope, { declaration }: Build): Record<string, string> {
  if (declaration.source?.type === "CODECOMMIT") {
    return gitSettings({
      "credential.helper": CODECOMMIT_HELPER,
      "credential.UseHttpPath": "true",
    });
  }
  const login = loginFor(scope, declaration.source as Source);
  return typeof login === "object" ? gitSettings({ "http.extraHeader": authorization(login) }) : {};
}

/** As git takes settings from the environment. https://git-scm.com/docs/git-config#ENVIRONMENT */
export function gitSettings(settings: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(settings);
  const variables = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return entries.length === 0 ? {} : { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(variables) };
}

export const authorization = ({ username, password }: Omit<GitLogin, "isToken">): string =>
  `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

const isReference = ({ authType }: SourceCredential): boolean => authType === "CODECONNECTIONS" || authType === "SECRETS_MANAGER";

/** The names that servers expect beside a token. */
const userOf = (type: string): string => (type.startsWith("GITLAB") ? "oauth2" : type === "BITBUCKET" ? "x-token-auth" : "x-access-token");

function secretOf(scope: Scope, arn: string): string | undefined {
  const found = scope.registry.reference("secretsmanager")?.resolve(scope, arn);
  if (found?.state !== "value") return undefined;
  try {
    const parsed = JSON.parse(found.value);
    return String(parsed.Token ?? parsed.token ?? found.value);
  } catch {
    return found.value;
  }
}
