/** A refusal that the SDK declares no exception for (query protocols' common errors, HTTP-level ones). */
export class Fault extends Error {
  override readonly name: string;
  readonly $fault: "client" | "server";
  readonly status: number | undefined;

  /** `members` are what else the error's shape holds. */
  constructor(code: string, message: string, status?: number, members: object = {}) {
    super(message);
    Object.assign(this, members);
    this.name = code;
    this.status = status;
    this.$fault = status !== undefined && status >= 500 ? "server" : "client";
  }
}

type Exception = new (options: never) => Error;

/**
 * Refuse a call, as AWS would: with the service's own exception as the SDK declares it (`members` are its other
 * members), or by code where the SDK declares none. Nothing of the call's commit happens.
 */
export function fault(exception: Exception | string, message: string, members: object | number = {}): never {
  if (typeof exception === "string") throw new Fault(exception, message, typeof members === "number" ? members : 400);
  throw new exception({ message, ...(members as object), $metadata: {} } as never);
}

/** Whether an error is an answer to the caller; anything else is a defect of ours. */
export const isFault = (error: unknown): error is Error & { $fault: "client" | "server"; status?: number } =>
  error instanceof Error && "$fault" in error;
