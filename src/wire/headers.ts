import type { IncomingHttpHeaders } from "node:http";

/** A header's text; of several, joined as HTTP says. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
