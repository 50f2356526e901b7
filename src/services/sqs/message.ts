import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { isFifo, numberOf, type Queue, queues, redriveOf } from "./queue.ts";

/** A message, by queue and sequence: `orders/00000000000000000042`. */
export interface Message extends Row {
  readonly queue: string;
  readonly messageId: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
  readonly senderId: string;
  readonly sentAt: number;
  /** Not to be received before; its entry in `hidden` says the same. */
  readonly hiddenUntil?: number;
  readonly receiveCount: number;
  readonly firstReceivedAt?: number;
  /** Of the last receive; deleting and changing visibility need it. */
  readonly receipt?: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly traceHeader?: string;
  /** The queue that it failed in. */
  readonly deadLetterSourceArn?: string;
}

/** As the API has it, bytes in base64. */
export interface MessageAttribute {
  readonly dataType: string;
  readonly text?: string;
  readonly base64?: string;
}

/** What a sender says of a message. */
export interface Outgoing {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
  readonly delaySeconds?: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly traceHeader?: string;
}

const READY = "ready";

/** Visible messages are found by the index, in the order in which they were sent. */
export const messages = new Table<Message>("sqs/message", {
  stored: true,
  indexes: { [READY]: ({ queue, hiddenUntil }) => (hiddenUntil === undefined ? queue : undefined) },
});

/** Messages that are in flight or delayed, by queue, the instant at which they are seen (again), and sequence. */
const hidden = new Table<Row & { readonly message: string }>("sqs/hidden", { stored: true });

/** Deduplication ids of the last five minutes, by queue. */
const recent = new Table<Row & { readonly messageId: string; readonly sequence: string; readonly until: number }>("sqs/recent", {
  stored: true,
});

const sequences = new Table<Row & { readonly next: number }>("sqs/sequence");

export const messageTables = [messages, hidden, recent, sequences];

const DEDUPLICATION_MS = 300_000;

/** Put a message into a queue. One that a FIFO queue has seen in the last five minutes is taken and not put again. */
export function send(scope: Scope, queue: Queue, outgoing: Outgoing): { messageId: string; sequence: string } {
  const now = scope.clock.now();
  const { deduplicationId } = outgoing;
  const seen = deduplicationId === undefined ? undefined : recent.get(scope, `${queue.id}/${deduplicationId}`);
  if (seen !== undefined && now < seen.until) return seen;
  const messageId = scope.id.uuid();
  const sequence = nextSequence(scope, queue.id);
  const id = `${queue.id}/${sequence}`;
  const { delaySeconds = numberOf(queue, "DelaySeconds"), ...said } = outgoing;
  const message = { id, queue: queue.id, messageId, ...said, senderId: scope.caller.userId, sentAt: now, receiveCount: 0 };
  if (delaySeconds > 0) hide(scope, message, now + delaySeconds * 1000);
  else messages.put(scope, message);
  if (deduplicationId !== undefined)
    recent.put(scope, { id: `${queue.id}/${deduplicationId}`, messageId, sequence, until: now + DEDUPLICATION_MS });
  const dimensions = { QueueName: queue.id };
  scope.measure({ namespace: "AWS/SQS", name: "NumberOfMessagesSent", dimensions }, { value: 1, unit: "Count" });
  scope.measure({ namespace: "AWS/SQS", name: "SentMessageSize", dimensions }, { value: Buffer.byteLength(outgoing.body), unit: "Bytes" });
  return { messageId, sequence };
}

/** Take up to so many messages, hiding them for a while. What was received too often goes to the dead-letter queue. */
export function receive(scope: Scope, queue: Queue, most: number, visibilitySeconds: number): Message[] {
  const now = scope.clock.now();
  release(scope, queue, now);
  const taken: Message[] = [];
  const expiry = now - numberOf(queue, "MessageRetentionPeriod") * 1000;
  const busyGroups = isFifo(queue) ? groupsInFlight(scope, queue.id) : new Set<string>();
  let after: string | undefined;
  while (taken.length < most) {
    const [message] = messages.by(scope, READY, queue.id, { limit: 1, ...(after && { after }) });
    if (message === undefined) break;
    after = message.id;
    if (message.sentAt <= expiry) messages.remove(scope, message.id);
    else if (message.groupId !== undefined && isFifo(queue) && busyGroups.has(message.groupId)) continue;
    else if (!toDeadLetters(scope, queue, message)) taken.push(take(scope, message, now, visibilitySeconds));
  }
  return taken;
}

/** How many messages are visible now, counted up to so many. */
export function readyMessages(scope: Scope, queue: Queue, most: number): number {
  release(scope, queue, scope.clock.now());
  return messages.by(scope, READY, queue.id, { limit: most }).length;
}

/** The instant at which the next hidden message is seen again. */
export function nextVisibleAt(scope: Scope, queue: string): number | undefined {
  const [first] = hidden.list(scope, `${queue}/`, { limit: 1 });
  return first && Number(first.id.split("/")[1]);
}

/** The message that a receipt stands for, if it is still that receive's. */
export function messageOf(scope: Scope, queue: string, receipt: string): Message | undefined {
  const message = messages.get(scope, `${queue}/${Buffer.from(receipt, "base64url").toString().split(" ")[0]}`);
  return message?.receipt === receipt ? message : undefined;
}

export function remove(scope: Scope, message: Message): void {
  unhide(scope, message);
  messages.remove(scope, message.id);
  scope.measure(
    { namespace: "AWS/SQS", name: "NumberOfMessagesDeleted", dimensions: { QueueName: message.queue } },
    { value: 1, unit: "Count" },
  );
}

/** Hide a message until the instant, or show it again where that is now. */
export function changeVisibility(scope: Scope, message: Message, until: number): void {
  unhide(scope, message);
  if (until > scope.clock.now()) hide(scope, message, until);
  else show(scope, message);
}

export function countMessages(scope: Scope, queue: string): { visible: number; inFlight: number; delayed: number } {
  const now = scope.clock.now();
  const counts = { visible: messages.by(scope, READY, queue).length, inFlight: 0, delayed: 0 };
  for (const { id, message } of hidden.list(scope, `${queue}/`)) {
    if (Number(id.split("/")[1]) <= now) counts.visible++;
    else if (messages.get(scope, message)?.receipt === undefined) counts.delayed++;
    else counts.inFlight++;
  }
  return counts;
}

/** Forget every message of a queue. */
export function dropMessages(scope: Scope, queue: string): void {
  for (const table of messageTables) for (const { id } of table.list(scope, `${queue}/`)) table.remove(scope, id);
}

/** Show again what was hidden for long enough. */
function release(scope: Scope, queue: Queue, now: number): void {
  for (;;) {
    const [first] = hidden.list(scope, `${queue.id}/`, { limit: 1 });
    if (first === undefined || Number(first.id.split("/")[1]) > now) return;
    hidden.remove(scope, first.id);
    const message = messages.get(scope, first.message);
    if (message !== undefined) show(scope, message);
  }
}

function take(scope: Scope, message: Message, now: number, visibilitySeconds: number): Message {
  const receiveCount = message.receiveCount + 1;
  const receipt = Buffer.from(`${message.id.split("/")[1]} ${receiveCount} ${message.messageId}`).toString("base64url");
  const taken = { ...message, receiveCount, receipt, firstReceivedAt: message.firstReceivedAt ?? now };
  if (visibilitySeconds > 0) hide(scope, taken, now + visibilitySeconds * 1000);
  else messages.put(scope, taken);
  return taken;
}

function toDeadLetters(scope: Scope, queue: Queue, message: Message): boolean {
  const redrive = redriveOf(queue);
  if (redrive === undefined || message.receiveCount < redrive.maxReceiveCount) return false;
  const home = scope.at(redrive.deadLetterTargetArn);
  const target = queues.get(home, redrive.deadLetterTargetArn.split(":").at(-1)!);
  if (target === undefined) return false;
  messages.remove(scope, message.id);
  const { receipt: _receipt, hiddenUntil: _hiddenUntil, ...rest } = message;
  const id = `${target.id}/${nextSequence(home, target.id)}`;
  messages.put(home, { ...rest, id, queue: target.id, deadLetterSourceArn: scope.arn("sqs", queue.id) });
  return true;
}

function groupsInFlight(scope: Scope, queue: string): Set<string> {
  const groups = new Set<string>();
  for (const { message } of hidden.list(scope, `${queue}/`)) {
    const groupId = messages.get(scope, message)?.groupId;
    if (groupId !== undefined) groups.add(groupId);
  }
  return groups;
}

function hide(scope: Scope, message: Message, until: number): void {
  messages.put(scope, { ...message, hiddenUntil: until });
  hidden.put(scope, { id: hiddenId(message, until), message: message.id });
}

function unhide(scope: Scope, message: Message): void {
  if (message.hiddenUntil !== undefined) hidden.remove(scope, hiddenId(message, message.hiddenUntil));
}

function show(scope: Scope, { hiddenUntil: _, ...message }: Message): void {
  messages.put(scope, message);
}

const hiddenId = ({ id, queue }: Message, until: number): string =>
  `${queue}/${String(until).padStart(15, "0")}/${id.slice(queue.length + 1)}`;

function nextSequence(scope: Scope, queue: string): string {
  const next = sequences.get(scope, queue)?.next ?? 1;
  sequences.put(scope, { id: queue, next: next + 1 });
  return String(next).padStart(20, "0");
}
