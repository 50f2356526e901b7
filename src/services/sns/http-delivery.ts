import { type Row, Table } from "../../kernel/table.ts";

/** A request to an HTTP endpoint that has to be made, and made again where it fails. */
export interface HttpDelivery extends Row {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The queue that takes it where the endpoint never does. */
  readonly deadLetterArn?: string;
  readonly attempt: number;
  readonly retryAt?: number;
}

export const httpDeliveries = new Table<HttpDelivery>("sns/http-delivery");
