/** What the client of a function URL is answered. */
export interface FunctionUrlResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** What a function may answer to say more than a body. */
interface Structured {
  readonly statusCode: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly cookies?: readonly string[];
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
}

/** The answer where the function failed, or answered what is no response. */
export const internalError: FunctionUrlResponse = message(502, "Internal Server Error");

export const tooLarge: FunctionUrlResponse = message(413, "Request Entity Too Large");

/**
 * The response that a function's payload stands for. An object with a `statusCode` says all of it; anything else is
 * the body of a 200.
 */
export function responseOf(payload: string): FunctionUrlResponse {
  const value = parse(payload);
  if (value === undefined) return internalError;
  if (isStructured(value)) return structuredResponse(value);
  const text = typeof value === "string" ? value : payload;
  return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
}

function structuredResponse({
  statusCode,
  headers = {},
  cookies = [],
  body = "",
  isBase64Encoded = false,
}: Structured): FunctionUrlResponse {
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return internalError;
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const all: Record<string, string | string[]> = { "content-type": "application/json", ...Object.fromEntries(named) };
  if (cookies.length > 0) all["set-cookie"] = [...cookies];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: all, body: Buffer.from(text, isBase64Encoded ? "base64" : "utf8") };
}

const isStructured = (value: unknown): value is Structured => typeof value === "object" && value !== null && "statusCode" in value;

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function message(status: number, text: string): FunctionUrlResponse {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify({ Message: text })) };
}
