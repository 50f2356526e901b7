/** Who makes a call, and in which partition of the state. */
export interface Caller {
  readonly accountId: string;
  readonly region: string;
  /** Such as arn:aws:sts::111122223333:assumed-role/build/session. */
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId?: string;
  /** Calls of our own services on somebody's behalf name the service, such as cloudformation.amazonaws.com. */
  readonly type: "root" | "user" | "assumed-role" | "anonymous" | "service";
  readonly sourceIp: string;
  readonly requestId: string;
}

/** An access key that the cloud issued. */
export interface KnownKey {
  readonly secret: string;
  readonly accountId: string;
  readonly arn: string;
  readonly userId: string;
  readonly type: Caller["type"];
  /** The instant, in real time, from which it is refused. */
  readonly expiresAt?: number;
  readonly sessionToken?: string;
}

export const rootCaller = (accountId: string, region: string, requestId = "internal"): Caller => ({
  accountId,
  region,
  arn: `arn:aws:iam::${accountId}:root`,
  userId: accountId,
  type: "root",
  sourceIp: "127.0.0.1",
  requestId,
});
