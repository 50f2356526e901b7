import type { Scope } from "../../kernel/scope.ts";
import { md5, systemAttributes } from "./exchange.ts";
import { type Message, messageOf, nextVisibleAt, readyMessages, receive, remove } from "./message.ts";
import { isFifo, numberOf, type Queue, queues } from "./queue.ts";

/** A message that a service took for somebody. */
export interface TakenMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** The system's, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: NonNullable<Message["attributes"]>;
}

/** What others have to know of a queue; undefined where there is none. */
export function queueNamed(scope: Scope, arn: string): { readonly isFifo: boolean; readonly visibilitySeconds: number } | undefined {
  const { queue } = queueAt(scope, arn);
  return queue && { isFifo: isFifo(queue), visibilitySeconds: numberOf(queue, "VisibilityTimeout") };
}

/** How many messages could be taken now, counted up to so many; and the instant at which the next hidden one is seen. */
export function waitingMessages(scope: Scope, arn: string, most: number): { readonly ready: number; readonly nextAt: number | undefined } {
  const { queue, home } = queueAt(scope, arn);
  if (queue === undefined) return { ready: 0, nextAt: undefined };
  return { ready: readyMessages(home, queue, most), nextAt: nextVisibleAt(home, queue.id) };
}

/** Take up to so many messages, and not many more bytes than said, for the queue's visibility timeout. */
export function takeMessages(scope: Scope, arn: string, most: number, bytesMax: number): TakenMessage[] {
  const { queue, home } = queueAt(scope, arn);
  const taken: Message[] = [];
  let bytes = 0;
  while (queue !== undefined && taken.length < most && bytes < bytesMax) {
    const [message] = receive(home, queue, 1, numberOf(queue, "VisibilityTimeout"));
    if (message === undefined) break;
    taken.push(message);
    bytes += Buffer.byteLength(message.body);
  }
  if (queue !== undefined && taken.length > 0) {
    const dimensions = { QueueName: queue.id };
    home.measure({ namespace: "AWS/SQS", name: "NumberOfMessagesReceived", dimensions }, { value: taken.length, unit: "Count" });
  }
  return taken.map((message) => ({
    messageId: message.messageId,
    receiptHandle: message.receipt!,
    body: message.body,
    md5OfBody: md5(message.body),
    attributes: systemAttributes(message),
    messageAttributes: message.attributes ?? {},
  }));
}

/** Delete a message that was taken, unless somebody else has taken it since. */
export function deleteTaken(scope: Scope, arn: string, receiptHandle: string): void {
  const { queue, home } = queueAt(scope, arn);
  const message = queue && messageOf(home, queue.id, receiptHandle);
  if (message !== undefined) remove(home, message);
}

function queueAt(scope: Scope, arn: string): { readonly queue: Queue | undefined; readonly home: Scope } {
  const home = scope.at(arn);
  return { queue: queues.get(home, arn.split(":").at(-1)!), home };
}
