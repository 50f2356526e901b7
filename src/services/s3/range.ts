import type { Range } from "./bytes.ts";
import { refuse } from "./refusal.ts";
import type { Version } from "./version.ts";

/** The range of a Range header; undefined where S3 ignores it and answers everything (several ranges, other units). */
export function parseRange(header: string, size: number): Range | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  const range =
    first === ""
      ? { start: Math.max(0, size - Number(last)), end: size }
      : { start: Number(first), end: last === "" ? size : Math.min(size, Number(last) + 1) };
  if (range.start < range.end) return range;
  return refuse("InvalidRange", "The requested range is not satisfiable", 416, { RangeRequested: header, ActualObjectSize: size });
}

/** Where a part of a multipart upload lies; an object that was put whole is its own first part. */
export function rangeOfPart({ pieces, size, etag }: Version, partNumber: number): Range {
  const parts = etag.includes("-") ? pieces : [{ size }];
  const part = parts[partNumber - 1];
  if (part === undefined) {
    return refuse("InvalidPartNumber", "The requested partnumber is not satisfiable", 416, {
      ActualPartCount: parts.length,
      PartNumberRequested: partNumber,
    });
  }
  const start = parts.slice(0, partNumber - 1).reduce((sum, before) => sum + before.size, 0);
  return { start, end: start + part.size };
}
