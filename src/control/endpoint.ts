import type { Drive } from "../kernel/drive.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Partition } from "../kernel/table.ts";

/** What the endpoints under /_slipway have to do with. */
export interface Controlled {
  readonly kernel: Kernel;
  readonly drive: Drive;
  readonly version: string;
  /** The AWS credentials file with the root user's access key, where signatures are checked. */
  readonly credentials: string | undefined;
  /** Stop what runs outside, then forget everything, or everything of one account. */
  reset(account?: string): Promise<number>;
}

/** A question to /_slipway. */
export interface Question {
  readonly method: string;
  readonly query: URLSearchParams;
  /** The body, of a POST. */
  readonly body: Readonly<Record<string, any>>;
  /** The task that asks, where one of ours does. */
  readonly task: string | undefined;
  /** Whether it comes from this machine. */
  readonly isLocal: boolean;
  /** The partition that was asked about: ?account=&region=, by default 000000000000 in us-east-1. */
  readonly partition: Partition;
}

/** A question that cannot be answered, with the status to say so. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Endpoint = (cloud: Controlled, question: Question) => unknown;
