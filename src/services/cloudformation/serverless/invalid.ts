/** What is wrong with one part of a template, in SAM's words. Thrown while a part is worked on, and collected. */
export class Invalid extends Error {
  /** By what SAM sorts the parts of its message. */
  readonly sortedBy: string;
  readonly kind: "resource" | "event" | "template";

  constructor(kind: Invalid["kind"], message: string, sortedBy = message) {
    super(message);
    this.kind = kind;
    this.sortedBy = sortedBy;
  }
}

export const invalidResource = (id: string, message: string): Invalid =>
  new Invalid("resource", `Resource with id [${id}] is invalid. ${message}`, id);

export const invalidEvent = (id: string, message: string): Invalid =>
  new Invalid("event", `Event with id [${id}] is invalid. ${message}`, id);

export const invalidTemplate = (message: string): Invalid =>
  new Invalid("template", `Structure of the SAM template is invalid. ${message}`);

export const duplicateLogicalId = (from: string, id: string, type: string): Invalid =>
  new Invalid(
    "template",
    `Transforming resource with id [${from}] attempts to create a new resource with id [${id}] and type "${type}". ` +
      "A resource with that id already exists within this template. Please use a different id for that resource.",
    from,
  );

/** Why a template cannot be transformed: all that is wrong with it, in one message. */
export class InvalidServerlessTemplate extends Error {
  constructor(causes: readonly Invalid[]) {
    const distinct = [...new Map(causes.map((cause) => [cause.message, cause])).values()];
    const sorted = distinct.toSorted((one, other) => (one.sortedBy < other.sortedBy ? -1 : one.sortedBy > other.sortedBy ? 1 : 0));
    const head = `Invalid Serverless Application Specification document. Number of errors found: ${distinct.length}.`;
    super([head, ...sorted.map(({ message }) => message)].join(" "));
  }
}

/** Stop at once: this fault of a template makes all further looking senseless. */
export const refuse = (cause: Invalid): never => {
  throw new InvalidServerlessTemplate([cause]);
};
