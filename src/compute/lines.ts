import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** bytes of a log event, as CloudWatch Logs limits it; longer lines become several. */
const LINE_MAX = 256 * 1024 - 26;
/** How long an unfinished line (a prompt, a progress bar) is kept back. */
const PARTIAL_MS = 1_000;

/** Calls `onLines` with the lines of a stream as they come. Resolves when the stream has ended and all are told. */
export function readLines(stream: Readable, onLines: (lines: string[]) => void): Promise<void> {
  const decoder = new StringDecoder("utf8");
  let partial = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    if (partial !== "") onLines(split(partial));
    partial = "";
  };
  stream.on("data", (chunk: Buffer) => {
    clearTimeout(timer);
    const lines = (partial + decoder.write(chunk)).split("\n");
    partial = lines.pop()!;
    if (partial.length > LINE_MAX) lines.push(partial.slice(0, LINE_MAX));
    partial = partial.length > LINE_MAX ? partial.slice(LINE_MAX) : partial;
    if (lines.length > 0) onLines(lines.flatMap((line) => split(line.endsWith("\r") ? line.slice(0, -1) : line)));
    if (partial !== "") timer = setTimeout(flush, PARTIAL_MS);
  });
  return new Promise((resolve) => {
    stream.once("close", () => {
      clearTimeout(timer);
      partial += decoder.end();
      flush();
      resolve();
    });
    stream.once("error", () => {});
  });
}

/** A line in pieces that are events each. A character outside ASCII counts as the three bytes it has at most per unit. */
function split(line: string): string[] {
  if (Buffer.byteLength(line) <= LINE_MAX) return [line];
  const pieces: string[] = [];
  const step = Math.floor(LINE_MAX / 3);
  for (let at = 0; at < line.length; at += step) pieces.push(line.slice(at, at + step));
  return pieces;
}
