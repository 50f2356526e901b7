import type { Caller, KnownKey } from "../../kernel/caller.ts";
import { realNow } from "../../kernel/clock.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { authorizeSession } from "../iam/api.ts";

/**
 * Temporary credentials that were issued, by access key id. They expire in real time, since clients refresh them by
 * their own watch.
 */
export interface Session extends Row {
  readonly account: string;
  readonly secret: string;
  readonly token: string;
  readonly arn: string;
  readonly userId: string;
  readonly type: Caller["type"];
  readonly expiresAt: number;
  readonly policy?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export const sessions = new Table<Session>("sts/session", { reach: "global", indexes: { expiryDay: ({ expiresAt }) => dayOf(expiresAt) } });

/** What STS answers with, and what a sandbox is given. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: number;
}

export interface SessionRequest {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  readonly type: Caller["type"];
  readonly durationSeconds: number;
  readonly policy?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const DAY_MS = 86_400_000;

const dayOf = (instant: number): string => String(Math.floor(instant / DAY_MS));

/** Issue credentials, and forget those that expired two and three days ago. */
export function issueSession(scope: Scope, { durationSeconds, account, arn, userId, type, policy, tags }: SessionRequest): Credentials {
  const now = realNow();
  const { id } = scope;
  const accessKeyId = `ASIA${id.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`;
  const secret = id.text(40, LETTERS);
  const token = `IQoJ${id.text(252, LETTERS)}`;
  const expiresAt = now + durationSeconds * 1000;
  for (const days of [2, 3]) for (const old of sessions.by(scope, "expiryDay", dayOf(now - days * DAY_MS))) sessions.remove(scope, old.id);
  sessions.put(scope, {
    id: accessKeyId,
    account,
    secret,
    token,
    arn,
    userId,
    type,
    expiresAt,
    ...(policy && { policy }),
    ...(tags && { tags }),
  });
  return { accessKeyId, secretAccessKey: secret, sessionToken: token, expiresAt };
}

/** Who owns a temporary access key. */
export function sessionKey(scope: Scope, accessKeyId: string): KnownKey | undefined {
  const session = sessions.get(scope, accessKeyId);
  if (session === undefined) return undefined;
  const { secret, token: sessionToken, account: accountId, arn, userId, type, expiresAt } = session;
  return { secret, sessionToken, accountId, arn, userId, type, expiresAt };
}

/** Whether the policy that a session was made with leaves it a call. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session */
export function authorizeWithin(
  scope: Scope,
  caller: Caller,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>>,
): string | undefined {
  const policy = caller.accessKeyId === undefined ? undefined : sessions.get(scope, caller.accessKeyId)?.policy;
  return policy === undefined ? undefined : authorizeSession(scope, caller, policy, action, resource, context);
}

/** The ARN that a role's session has: arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION. */
export const sessionArn = (account: string, roleName: string, sessionName: string): string =>
  `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
