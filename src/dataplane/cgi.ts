import type { Readable } from "node:stream";

/** What a CGI program says before its body. */
export interface CgiHead {
  readonly status: number;
  readonly headers: Record<string, string>;
}

/** bytes; a program that says more before the blank line is broken. */
const HEAD_MAX = 64 * 1024;

/** Splits the output of a CGI program into its head and the rest, which is not gathered. */
export async function readCgiHead(output: Readable): Promise<{ head: CgiHead; body: AsyncIterable<Buffer> }> {
  const chunks = output[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let gathered = Buffer.alloc(0);
  for (;;) {
    const end = gathered.indexOf("\r\n\r\n");
    if (end >= 0) return { head: parseHead(gathered.toString("latin1", 0, end)), body: continued(gathered.subarray(end + 4), chunks) };
    const next = await chunks.next();
    if (next.done || gathered.length > HEAD_MAX) throw new Error(`no head in ${gathered.length} bytes of output`);
    gathered = Buffer.concat([gathered, next.value]);
  }
}

async function* continued(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

function parseHead(text: string): CgiHead {
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  return { status, headers };
}
