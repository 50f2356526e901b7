import type { SourceRevisionType } from "../../../sdk/codepipeline.js";
import { readObject } from "../../s3/api.ts";
import { toWrite } from "../permission.ts";
import { type ActionProvider, failed, NOTHING } from "../provider.ts";

/** An object of a versioned bucket. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html */
export const s3Source: ActionProvider = {
  type: { category: "Source", owner: "AWS", provider: "S3", version: "1" },
  inputs: [0, 0],
  outputs: [1, 1],
  properties: [
    { name: "S3Bucket", required: true },
    { name: "S3ObjectKey", required: true },
    { name: "PollForSourceChanges" },
    { name: "AllowOverrideForS3ObjectKey" },
  ],
  timeoutMinutes: 20,
  needs(scope, run) {
    const { S3Bucket, S3ObjectKey } = run.configuration;
    return [{ action: "s3:GetObject", resource: `arn:aws:s3:::${S3Bucket}/${S3ObjectKey}` }, ...toWrite(scope, run)];
  },
  observe(scope, { configuration, outputs, overrides = [] }) {
    const overridden = (type: SourceRevisionType) => overrides.find(({ revisionType }) => revisionType === type)?.revisionValue;
    const bucket = configuration["S3Bucket"]!;
    const key = overridden("S3_OBJECT_KEY") ?? configuration["S3ObjectKey"]!;
    const object = readObject(scope, bucket, key, overridden("S3_OBJECT_VERSION_ID"));
    if (object === undefined) {
      return failed(
        "ConfigurationError",
        `The object with key '${key}' does not exist in bucket '${bucket}', or the role may not read it.`,
      );
    }
    const { versionId, etag, modifiedAt, digest, size, metadata } = object;
    const summary = metadata["codepipeline-artifact-revision-summary"] ?? `Amazon S3 version id: ${versionId}`;
    const url = `https://console.aws.amazon.com/s3/object/${bucket}/${key}`;
    return {
      status: "Succeeded",
      externalExecutionId: versionId,
      externalExecutionUrl: url,
      summary,
      revision: { id: versionId, summary, url, createdAt: modifiedAt },
      artifacts: Object.fromEntries(outputs.map((name) => [name, { digest, size }])),
      variables: { BucketName: bucket, ETag: etag, ObjectKey: key, VersionId: versionId },
    };
  },
  polled(scope, { S3Bucket = "", S3ObjectKey = "", PollForSourceChanges = "true" }) {
    if (PollForSourceChanges === "false") return undefined;
    const object = readObject(scope, S3Bucket, S3ObjectKey);
    return object === undefined ? NOTHING : `${object.versionId} ${object.etag}`;
  },
  entityUrl: (_, { S3Bucket, S3ObjectKey }) => `https://console.aws.amazon.com/s3/object/${S3Bucket}/${S3ObjectKey}`,
};
