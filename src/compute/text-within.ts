import type { IncomingMessage } from "node:http";

/** The body of a request as text; undefined where it has more bytes, of which no more are kept. */
export async function textWithin(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= bytesMax) pieces.push(piece);
  }
  return bytes <= bytesMax ? Buffer.concat(pieces).toString("utf8") : undefined;
}
