import { createHash } from "node:crypto";
import { fault, isFault } from "../../kernel/fault.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  BatchEntryIdsNotDistinct,
  BatchRequestTooLong,
  ChangeMessageVisibility$,
  ChangeMessageVisibilityBatch$,
  DeleteMessage$,
  DeleteMessageBatch$,
  EmptyBatchRequest,
  InvalidMessageContents,
  type MessageAttributeValue,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessage$,
  type ReceiveMessageRequest,
  SendMessage$,
  SendMessageBatch$,
  type SendMessageBatchRequestEntry,
  TooManyEntriesInBatchRequest,
} from "../../sdk/sqs.js";
import { changeVisibility, type Message, type MessageAttribute, messageOf, nextVisibleAt, receive, remove, send } from "./message.ts";
import { isFifo, numberOf, type Queue, requireQueue } from "./queue.ts";

export const sendMessage = operation(SendMessage$, (scope, input) => {
  const { queue, scope: home } = requireQueue(scope, input.QueueUrl);
  return sendOne(home, queue, { Id: "", ...input });
});

export const sendMessageBatch = operation(SendMessageBatch$, (scope, { QueueUrl, Entries = [] }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  const size = Entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody ?? ""), 0);
  if (size > 1_048_576) fault(BatchRequestTooLong, `Batch requests cannot be longer than 1048576 bytes. You have sent ${size} bytes.`);
  return batch(Entries, (entry) => sendOne(home, queue, entry));
});

export const receiveMessage = lateOperation(ReceiveMessage$, {
  begin(scope, input) {
    const { queue, scope: home } = requireQueue(scope, input.QueueUrl);
    const waitSeconds = input.WaitTimeSeconds ?? numberOf(queue, "ReceiveMessageWaitTimeSeconds");
    const most = input.MaxNumberOfMessages ?? 1;
    if (most < 1 || most > 10) {
      fault(
        "InvalidParameterValue",
        `Value ${most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
      );
    }
    return { input, account: home.account, most, until: scope.clock.now() + waitSeconds * 1000 };
  },
  answer(scope, { input, account, most, until }) {
    const { queue, scope: home } = requireQueue(scope.in({ account }), input.QueueUrl);
    const taken = receive(home, queue, most, input.VisibilityTimeout ?? numberOf(queue, "VisibilityTimeout"));
    const dimensions = { QueueName: queue.id };
    if (taken.length > 0) {
      home.measure({ namespace: "AWS/SQS", name: "NumberOfMessagesReceived", dimensions }, { value: taken.length, unit: "Count" });
      return { Messages: taken.map((message) => shown(message, input)) };
    }
    if (scope.clock.now() >= until) {
      home.measure({ namespace: "AWS/SQS", name: "NumberOfEmptyReceives", dimensions }, { value: 1, unit: "Count" });
      return {};
    }
    const wakeAt = Math.min(until, nextVisibleAt(home, queue.id) ?? until);
    return new Waiting({ wakeAt, kind: "deadline", because: `a message in ${queue.id}` });
  },
  expire: () => ({}),
});

export const deleteMessage = operation(DeleteMessage$, (scope, { QueueUrl, ReceiptHandle }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  deleteOne(home, queue, ReceiptHandle!);
  return {};
});

export const deleteMessageBatch = operation(DeleteMessageBatch$, (scope, { QueueUrl, Entries = [] }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  return batch(Entries, ({ ReceiptHandle }) => {
    deleteOne(home, queue, ReceiptHandle!);
    return {};
  });
});

export const changeMessageVisibility = operation(ChangeMessageVisibility$, (scope, { QueueUrl, ReceiptHandle, VisibilityTimeout }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  changeOne(home, queue, ReceiptHandle!, VisibilityTimeout!);
  return {};
});

export const changeMessageVisibilityBatch = operation(ChangeMessageVisibilityBatch$, (scope, { QueueUrl, Entries = [] }) => {
  const { queue, scope: home } = requireQueue(scope, QueueUrl);
  return batch(Entries, ({ ReceiptHandle, VisibilityTimeout }) => {
    changeOne(home, queue, ReceiptHandle!, VisibilityTimeout ?? 0);
    return {};
  });
});

function sendOne(scope: Scope, queue: Queue, entry: SendMessageBatchRequestEntry) {
  const body = entry.MessageBody ?? "";
  const most = numberOf(queue, "MaximumMessageSize");
  if (body === "") fault("MissingParameter", "The request must contain the parameter MessageBody.");
  if (Buffer.byteLength(body) > most)
    fault("InvalidParameterValue", `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`);
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(body))
    fault(InvalidMessageContents, "Invalid binary character in the message body.");
  const attributes = entry.MessageAttributes && mapValues(entry.MessageAttributes, storedAttribute);
  const traceHeader = entry.MessageSystemAttributes?.AWSTraceHeader?.StringValue;
  const { messageId, sequence } = send(scope, queue, {
    body,
    ...(attributes && { attributes }),
    ...(entry.DelaySeconds !== undefined && { delaySeconds: entry.DelaySeconds }),
    ...orderOf(queue, entry, body),
    ...(traceHeader && { traceHeader }),
  });
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(body),
    ...(attributes && Object.keys(attributes).length > 0 && { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
    ...(isFifo(queue) && { SequenceNumber: sequence }),
  };
}

/** What a FIFO queue needs to know, or must not be told. */
function orderOf(queue: Queue, { MessageGroupId, MessageDeduplicationId }: SendMessageBatchRequestEntry, body: string) {
  if (!isFifo(queue)) return MessageGroupId === undefined ? {} : { groupId: MessageGroupId };
  if (MessageGroupId === undefined) fault("MissingParameter", "The request must contain the parameter MessageGroupId.");
  const byContent = queue.attributes["ContentBasedDeduplication"] === "true" ? createHash("sha256").update(body).digest("hex") : undefined;
  const deduplicationId = MessageDeduplicationId ?? byContent;
  if (deduplicationId === undefined) {
    fault(
      "InvalidParameterValue",
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
  }
  return { groupId: MessageGroupId!, deduplicationId };
}

function deleteOne(scope: Scope, queue: Queue, receipt: string): void {
  checkReceipt(receipt);
  const message = messageOf(scope, queue.id, receipt);
  if (message !== undefined) remove(scope, message);
}

function changeOne(scope: Scope, queue: Queue, receipt: string, seconds: number): void {
  checkReceipt(receipt);
  if (seconds < 0 || seconds > 43_200) {
    fault(
      "InvalidParameterValue",
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.`,
    );
  }
  const message = messageOf(scope, queue.id, receipt);
  if (message?.hiddenUntil === undefined)
    fault(
      MessageNotInflight,
      `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
    );
  changeVisibility(scope, message, scope.clock.now() + seconds * 1000);
}

function checkReceipt(receipt: string): void {
  if (!/^\d{20} /.test(Buffer.from(receipt, "base64url").toString()))
    fault(ReceiptHandleIsInvalid, `The input receipt handle "${receipt}" is not a valid receipt handle.`);
}

/** Do something per entry; each fails for itself. */
function batch<E extends { Id?: string | undefined }, R extends object>(entries: readonly E[], work: (entry: E) => R) {
  if (entries.length === 0) fault(EmptyBatchRequest, "There should be at least one entry in the request.");
  if (entries.length > 10)
    fault(TooManyEntriesInBatchRequest, `Maximum number of entries per request are 10. You have sent ${entries.length}.`);
  const ids = entries.map(({ Id }) => Id!);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) fault(BatchEntryIdsNotDistinct, `Id ${twice} repeated.`);
  const Successful: any[] = [];
  const Failed: { Id: string; SenderFault: boolean; Code: string; Message: string }[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id!, ...work(entry) });
    } catch (error) {
      if (!isFault(error)) throw error;
      Failed.push({ Id: entry.Id!, SenderFault: error.$fault === "client", Code: error.name, Message: error.message });
    }
  }
  return { Successful, Failed };
}

function shown(
  message: Message,
  { AttributeNames = [], MessageSystemAttributeNames = [], MessageAttributeNames = [] }: ReceiveMessageRequest,
) {
  const asked = [...AttributeNames, ...MessageSystemAttributeNames] as string[];
  const system = Object.entries(systemAttributes(message)).filter(([name]) => asked.includes("All") || asked.includes(name));
  const wanted = (name: string): boolean =>
    MessageAttributeNames.some(
      (pattern) =>
        pattern === "All" || pattern === ".*" || pattern === name || (pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -2))),
    );
  const attributes = Object.fromEntries(Object.entries(message.attributes ?? {}).filter(([name]) => wanted(name)));
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receipt!,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(Object.keys(attributes).length > 0 && {
      MessageAttributes: mapValues(attributes, shownAttribute),
      MD5OfMessageAttributes: md5OfAttributes(attributes),
    }),
  };
}

export function systemAttributes(message: Message): Record<string, string> {
  const { groupId, deduplicationId, traceHeader, deadLetterSourceArn } = message;
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(groupId && { MessageGroupId: groupId }),
    ...(deduplicationId && { MessageDeduplicationId: deduplicationId, SequenceNumber: message.id.split("/")[1]! }),
    ...(traceHeader && { AWSTraceHeader: traceHeader }),
    ...(deadLetterSourceArn && { DeadLetterQueueSourceArn: deadLetterSourceArn }),
  };
}

const storedAttribute = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue): MessageAttribute => ({
  dataType: DataType!,
  ...(StringValue !== undefined && { text: StringValue }),
  ...(BinaryValue !== undefined && { base64: Buffer.from(BinaryValue).toString("base64") }),
});

const shownAttribute = ({ dataType, text, base64 }: MessageAttribute): MessageAttributeValue => ({
  DataType: dataType,
  ...(text !== undefined && { StringValue: text }),
  ...(base64 !== undefined && { BinaryValue: Buffer.from(base64, "base64") }),
});

const mapValues = <T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

export const md5 = (data: string | Buffer): string => createHash("md5").update(data).digest("hex");

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation */
function md5OfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): string {
  const sized = (bytes: Buffer): Buffer[] => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return [size, bytes];
  };
  const parts = Object.keys(attributes)
    .sort()
    .flatMap((name) => {
      const { dataType, text, base64 } = attributes[name]!;
      const value = text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text);
      return [...sized(Buffer.from(name)), ...sized(Buffer.from(dataType)), Buffer.from([text === undefined ? 2 : 1]), ...sized(value)];
    });
  return md5(Buffer.concat(parts));
}
