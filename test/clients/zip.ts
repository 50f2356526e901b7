import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip archive of the given files, by path. */
export function zip(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [path, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), path);
  archive.end();
  return buffer(archive.outputStream);
}
