import { isFault } from "../kernel/fault.ts";
import type { ProtocolName, ServiceModel } from "./model.ts";

/** A refusal as protocols write it. */
export interface Refusal {
  /** The exception's name, such as QueueDoesNotExist. */
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly fault: "client" | "server";
  /** The exception's other members. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The code that query protocols know the exception by, where it is another. */
  readonly queryCode: string;
}

/** The wire itself refuses a request; `members` are what S3 adds inside <Error>. */
export class WireFault extends Error {
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** A request that cannot be read as its shape; each protocol has a code of its own for that. */
export class Malformed extends Error {}

const OWN = new Set(["name", "message", "Message", "stack", "status", "$fault", "$metadata", "$retryable", "$response", "$service"]);

/** What to answer for anything that was thrown. What is no refusal is a defect of ours: `onDefect` hears of it. */
export function refusalOf(
  error: unknown,
  model: ServiceModel | undefined,
  protocol: ProtocolName,
  onDefect: (error: unknown) => void,
): Refusal {
  if (error instanceof WireFault) return plain(error.code, error.message, error.status, error.members);
  if (error instanceof Malformed) return plain(malformedCode(protocol, model), error.message, 400);
  if (isFault(error)) return refusalOfException(error, model, protocol);
  onDefect(error);
  return plain("InternalFailure", "The request processing has failed because of an unknown error, exception or failure.", 500);
}

const plain = (code: string, message: string, status: number, members: Readonly<Record<string, unknown>> = {}): Refusal => ({
  code,
  message,
  status,
  fault: status >= 500 ? "server" : "client",
  members,
  queryCode: code,
});

function refusalOfException(
  error: Error & { $fault: "client" | "server"; status?: number },
  model: ServiceModel | undefined,
  protocol: ProtocolName,
): Refusal {
  const traits = (model?.errors.get(error.name)?.getMergedTraits() ?? {}) as { awsQueryError?: [string, number]; httpError?: number };
  const [queryCode, queryStatus] = traits.awsQueryError ?? [error.name, undefined];
  const isQuery = protocol === "awsQuery" || protocol === "ec2Query";
  const modelled = isQuery ? (queryStatus ?? traits.httpError) : traits.httpError;
  const members: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) if (!OWN.has(key) && value !== undefined) members[key] = value;
  return {
    code: error.name,
    message: error.message,
    status: error.status ?? modelled ?? (error.$fault === "server" ? 500 : 400),
    fault: error.$fault,
    members,
    queryCode,
  };
}

function malformedCode(protocol: ProtocolName, model: ServiceModel | undefined): string {
  switch (protocol) {
    case "awsQuery":
    case "ec2Query":
      return "MalformedInput";
    case "restXml":
      return model?.isS3 ? "MalformedXML" : "MalformedInput";
    default:
      return "SerializationException";
  }
}

/** The operation is AWS's, and we do not do it. */
export const notImplemented = (service: string, operation: string): WireFault =>
  new WireFault("NotImplemented", `Slipway does not implement ${service} ${operation} yet. It refuses rather than pretends.`, 501);
