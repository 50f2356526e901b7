import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

/** What a function is given of an HTTP request: payload format 2.0. */
export interface FunctionUrlEvent {
  readonly version: "2.0";
  readonly routeKey: "$default";
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  /** By lower-case name; the values of one name joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly requestContext: FunctionUrlContext;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** Where the request came from and to. */
export interface FunctionUrlContext {
  readonly accountId: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly domainPrefix: string;
  readonly http: {
    readonly method: string;
    readonly path: string;
    readonly protocol: string;
    readonly sourceIp: string;
    readonly userAgent: string;
  };
  readonly requestId: string;
  readonly routeKey: "$default";
  readonly stage: "$default";
  /** Such as 21/Nov/2026:11:40:14 +0000. */
  readonly time: string;
  /** milliseconds */
  readonly timeEpoch: number;
}

/** What an event is made of besides the request itself. */
export interface EventOrigin {
  readonly urlId: string;
  readonly region: string;
  readonly requestId: string;
  /** The cloud's clock, in milliseconds. */
  readonly now: number;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const TEXTUAL = /^(text\/|application\/(json|xml|javascript|[\w.-]+\+(json|xml))\b)/i;

/** The event of a request. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export function eventOf(request: IncomingMessage, body: Buffer, origin: EventOrigin): FunctionUrlEvent {
  const [rawPath, rawQueryString] = splitOnce(request.url ?? "/", "?");
  const headers = headersOf(request);
  const cookies = headers["cookie"]?.split(/;\s*/).filter(Boolean);
  const parameters = queryParametersOf(rawQueryString);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers,
    ...(parameters && { queryStringParameters: parameters }),
    requestContext: contextOf(request, rawPath, origin),
    ...bodyOf(body, headers["content-type"]),
  };
}

function contextOf(request: IncomingMessage, path: string, { urlId, region, requestId, now }: EventOrigin): FunctionUrlContext {
  return {
    accountId: "anonymous",
    apiId: urlId,
    domainName: `${urlId}.lambda-url.${region}.on.aws`,
    domainPrefix: urlId,
    http: {
      method: request.method ?? "GET",
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1",
      userAgent: request.headers["user-agent"] ?? "",
    },
    requestId,
    routeKey: "$default",
    stage: "$default",
    time: timeOf(now),
    timeEpoch: now,
  };
}

function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(name === "cookie" ? "; " : ",")]);
  return Object.fromEntries(entries);
}

function queryParametersOf(query: string): Record<string, string> | undefined {
  if (query === "") return undefined;
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters[name];
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  return parameters;
}

function bodyOf(body: Buffer, contentType: string | undefined): Pick<FunctionUrlEvent, "body" | "isBase64Encoded"> {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = contentType === undefined ? isUtf8(body) : TEXTUAL.test(contentType);
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}

function timeOf(instant: number): string {
  const date = new Date(instant);
  const [day, clock] = [date.toISOString().slice(8, 10), date.toISOString().slice(11, 19)];
  return `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock} +0000`;
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}
