import type { BlobRef } from "../../kernel/blob.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { ChecksumKind, Checksums } from "./checksum.ts";
import type { Description } from "./content.ts";
import { refuse } from "./refusal.ts";

/** A multipart upload that was begun, by bucket/key, NUL and its own id. */
export interface Upload extends Row {
  readonly uploadId: string;
  readonly key: string;
  readonly description: Description;
  readonly initiator: { readonly ID: string; readonly DisplayName: string };
  readonly initiatedAt: number;
  readonly checksumAlgorithm?: string;
  readonly checksumKind?: ChecksumKind;
}

/** One part, by its upload's id and its number. */
export interface Part extends Row, BlobRef {
  readonly partNumber: number;
  /** The MD5 of its bytes in hex. */
  readonly etag: string;
  readonly checksums: Checksums;
  readonly modifiedAt: number;
}

export const uploads = new Table<Upload>("s3/upload", { stored: true });
export const parts = new Table<Part>("s3/part", { stored: true });

export const uploadRowId = (bucket: string, key: string, uploadId: string): string => `${bucket}/${key}\0${uploadId}`;

/** In the order of their numbers. */
export const partId = (uploadId: string, partNumber: number): string => `${uploadId}/${String(partNumber).padStart(5, "0")}`;

export const requireUpload = (home: Scope, bucket: string, key: string, uploadId: string): Upload =>
  uploads.get(home, uploadRowId(bucket, key, uploadId)) ?? noSuchUpload(uploadId);

export function dropUpload(home: Scope, { id, uploadId }: Upload): void {
  for (const part of parts.list(home, `${uploadId}/`)) parts.remove(home, part.id);
  uploads.remove(home, id);
}

/** Forget every upload to a bucket. */
export function dropUploads(home: Scope, bucket: string): void {
  for (const upload of uploads.list(home, `${bucket}/`)) dropUpload(home, upload);
}

const noSuchUpload = (UploadId: string): never =>
  refuse(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    404,
    { UploadId },
  );
