import { parseArn } from "../../kernel/arn.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { tagsOf } from "../../kernel/tag.ts";
import {
  AssumeRole$,
  AssumeRoleWithWebIdentity$,
  GetAccessKeyInfo$,
  GetCallerIdentity$,
  GetFederationToken$,
  GetSessionToken$,
  PackedPolicyTooLargeException,
} from "../../sdk/sts.js";
import { roleIdOf, trustRefusal } from "../iam/api.ts";
import { type Credentials, issueSession, sessionArn } from "./session.ts";

export const getCallerIdentity = operation(GetCallerIdentity$, ({ caller }) => ({
  UserId: caller.userId,
  Account: caller.accountId,
  Arn: caller.arn,
}));

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole = operation(AssumeRole$, (scope, input) => {
  const { account, name } = requireRoleArn(input.RoleArn!);
  const refusal = trustRefusal(scope, input.RoleArn!, "sts:AssumeRole", {
    ...(input.ExternalId && { "sts:ExternalId": input.ExternalId }),
  });
  if (refusal !== undefined) fault("AccessDenied", refusal, 403);
  if ((input.Policy?.length ?? 0) > 2048) fault(PackedPolicyTooLargeException, "Packed size of session policy exceeds the limit");
  const userId = `${roleIdOf(scope, input.RoleArn!)}:${input.RoleSessionName}`;
  const arn = sessionArn(account, name, input.RoleSessionName!);
  const durationSeconds = input.DurationSeconds ?? 3600;
  const request = { account, arn, userId, type: "assumed-role", durationSeconds, ...(input.Policy && { policy: input.Policy }) } as const;
  const credentials = issueSession(scope, { ...request, ...(input.Tags && { tags: tagsOf(input.Tags) }) });
  return {
    Credentials: shown(credentials),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    ...(input.SourceIdentity && { SourceIdentity: input.SourceIdentity }),
  };
});

export const assumeRoleWithWebIdentity = operation(
  AssumeRoleWithWebIdentity$,
  (scope, { RoleArn, RoleSessionName, DurationSeconds, WebIdentityToken }) => {
    const { account, name } = requireRoleArn(RoleArn!);
    const refusal = trustRefusal(scope, RoleArn!, "sts:AssumeRoleWithWebIdentity", {});
    if (refusal !== undefined) fault("AccessDenied", refusal, 403);
    const userId = `${roleIdOf(scope, RoleArn!)}:${RoleSessionName}`;
    const arn = sessionArn(account, name, RoleSessionName!);
    const credentials = issueSession(scope, { account, arn, userId, type: "assumed-role", durationSeconds: DurationSeconds ?? 3600 });
    const subject = subjectOf(WebIdentityToken!);
    return {
      Credentials: shown(credentials),
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
      ...(subject !== undefined && { SubjectFromWebIdentityToken: subject }),
    };
  },
  { partial: "the token's signature is not verified: no identity provider is within reach" },
);

export const getSessionToken = operation(GetSessionToken$, (scope, { DurationSeconds = 43_200 }) => {
  const { accountId, arn, userId, type } = scope.caller;
  return { Credentials: shown(issueSession(scope, { account: accountId, arn, userId, type, durationSeconds: DurationSeconds })) };
});

export const getFederationToken = operation(GetFederationToken$, (scope, { Name, DurationSeconds = 43_200, Policy }) => {
  const { accountId: account } = scope.caller;
  const arn = `arn:aws:sts::${account}:federated-user/${Name}`;
  const userId = `${account}:${Name}`;
  const request = { account, arn, userId, type: "user", durationSeconds: DurationSeconds } as const;
  return {
    Credentials: shown(issueSession(scope, { ...request, ...(Policy && { policy: Policy }) })),
    FederatedUser: { FederatedUserId: userId, Arn: arn },
    PackedPolicySize: 0,
  };
});

export const getAccessKeyInfo = operation(GetAccessKeyInfo$, (scope, { AccessKeyId }) => ({
  Account: scope.registry.key(scope, AccessKeyId!)?.accountId ?? (/^\d{12}$/.test(AccessKeyId!) ? AccessKeyId! : scope.account),
}));

const shown = ({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Credentials) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  SessionToken: sessionToken,
  Expiration: new Date(expiresAt),
});

function requireRoleArn(arn: string): { account: string; name: string } {
  const parsed = parseArn(arn);
  if (parsed?.service !== "iam" || !parsed.resource.startsWith("role/")) fault("ValidationError", `${arn} is invalid`);
  return { account: parsed.account, name: arn.split("/").at(-1)! };
}

/** The subject that a JSON web token claims. */
function subjectOf(token: string): string | undefined {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())["sub"];
  } catch {
    return undefined;
  }
}
