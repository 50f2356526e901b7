import type { Readable } from "node:stream";

/** What a push begins with: the refs that it moves. */
export interface PushCommands {
  /** Full names. */
  readonly refs: readonly string[];
  /** The bytes that were read for it; the rest is still in the stream. */
  readonly head: Buffer;
}

/** bytes; enough for more refs than a push may move. */
const HEAD_MAX = 4 * 1024 * 1024;
const COMMAND = /^[0-9a-f]{40,64} [0-9a-f]{40,64} ([^\0\n]+)/;

/** Read the commands of a push, up to the flush before its pack, or to one more than it may have. https://git-scm.com/docs/pack-protocol#_reference_update_request_and_packfile_transfer */
export async function readPushCommands(body: Readable, refsMax: number): Promise<PushCommands> {
  let head = Buffer.alloc(0);
  const refs: string[] = [];
  let at = 0;
  const iterator = body.iterator({ destroyOnReturn: false });
  for await (const chunk of iterator) {
    head = Buffer.concat([head, chunk as Buffer]);
    for (;;) {
      const size = Number.parseInt(head.toString("latin1", at, at + 4), 16);
      if (head.length < at + 4 || (size > 0 && head.length < at + size)) break;
      if (size === 0) return { refs, head };
      if (!(size >= 4)) throw new Error("the push is not in git's protocol");
      const ref = COMMAND.exec(head.toString("utf8", at + 4, at + size))?.[1];
      if (ref !== undefined) refs.push(ref);
      at += size;
    }
    // It is refused anyway.
    if (refs.length > refsMax) return { refs, head };
    if (head.length > HEAD_MAX) throw new Error("the push names too many refs");
  }
  return { refs, head };
}
