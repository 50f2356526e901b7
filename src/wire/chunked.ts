import { createHash, type Hash } from "node:crypto";
import { WireFault } from "./errors.ts";
import type { ChunkSignatures } from "./sigv4.ts";

/** Header lines and trailers together are short; anything longer is no aws-chunked body. */
const LINE_AT_MOST = 16 * 1024;

/**
 * Takes the framing off an aws-chunked body (`size;chunk-signature=…`, bytes, …, a chunk of size 0, trailers), and checks the
 * signatures where there is a key to check them with.
 */
export class ChunkedDecoder {
  readonly trailers: Record<string, string> = {};
  readonly #signatures: ChunkSignatures | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #state: "size" | "bytes" | "end of chunk" | "trailers" | "done" = "size";
  #left = 0;
  #chunkSignature = "";
  #hash: Hash | undefined;

  constructor(signatures?: ChunkSignatures) {
    this.#signatures = signatures;
  }

  /** The body's own bytes in the next piece of it. */
  *decode(piece: Buffer): Generator<Buffer> {
    let input: Buffer = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    for (;;) {
      if (this.#state === "bytes") {
        const part = input.subarray(0, this.#left);
        input = input.subarray(part.length);
        this.#left -= part.length;
        this.#hash?.update(part);
        if (part.length > 0) yield part;
        if (this.#left > 0) break;
        this.#endOfChunk();
        this.#state = "end of chunk";
      }
      const newline = input.indexOf("\n");
      if (newline < 0) {
        if (input.length > LINE_AT_MOST) throw incomplete();
        break;
      }
      const line = input.subarray(0, newline).toString("latin1").replace(/\r$/, "");
      input = input.subarray(newline + 1);
      this.#line(line);
    }
    this.#rest = input;
  }

  /** The body is over: it must be whole. */
  finish(): void {
    if (this.#state === "trailers" && this.#rest.length > 0) this.#line(this.#rest.toString("latin1"));
    if (this.#state !== "trailers" && this.#state !== "done") throw incomplete();
    this.#verifyTrailers();
  }

  #line(line: string): void {
    switch (this.#state) {
      case "size":
        this.#startChunk(line);
        break;
      case "end of chunk":
        if (line !== "") throw incomplete();
        this.#state = "size";
        break;
      case "trailers": {
        const colon = line.indexOf(":");
        if (colon > 0) this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
        break;
      }
      default:
        break;
    }
  }

  #startChunk(line: string): void {
    const [size, extension = ""] = line.split(";");
    if (!/^[0-9a-fA-F]+$/.test(size!)) throw incomplete();
    this.#left = Number.parseInt(size!, 16);
    this.#chunkSignature = extension.startsWith("chunk-signature=") ? extension.slice("chunk-signature=".length) : "";
    this.#hash = this.#signatures && createHash("sha256");
    if (this.#left > 0) {
      this.#state = "bytes";
    } else {
      this.#endOfChunk();
      this.#state = "trailers";
    }
  }

  #endOfChunk(): void {
    if (this.#signatures === undefined) return;
    if (!this.#signatures.chunk(this.#hash!.digest("hex"), this.#chunkSignature)) throw mismatch();
  }

  #verifyTrailers(): void {
    const { "x-amz-trailer-signature": given, ...trailers } = this.trailers;
    if (this.#signatures === undefined || given === undefined) return;
    const text = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
    if (!this.#signatures.trailer(createHash("sha256").update(text.join("")).digest("hex"), given)) throw mismatch();
  }
}

const incomplete = (): WireFault =>
  new WireFault("IncompleteBody", "The request body terminated unexpectedly or is not a valid aws-chunked body.", 400);

const mismatch = (): WireFault =>
  new WireFault(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    403,
  );
