import type { Scope } from "../../../kernel/scope.ts";
import { bucketNamed, type ObjectSettings, putObject } from "../../s3/api.ts";
import { toRead } from "../permission.ts";
import { type ActionProgress, type ActionProvider, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";
import { filesInZip } from "../zip.ts";

const ACLS = [
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
  "log-delivery-write",
];

/** Files, or the archive of them, into a bucket. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3Deploy.html */
export const s3Deploy: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "S3", version: "1" },
  inputs: [1, 1],
  outputs: [0, 0],
  properties: [
    { name: "BucketName", required: true },
    { name: "Extract", required: true },
    { name: "ObjectKey" },
    { name: "KMSEncryptionKeyARN" },
    { name: "CannedACL" },
    { name: "CacheControl" },
  ],
  timeoutMinutes: 90,
  check({ Extract = "", ObjectKey, CannedACL = "private" }, action) {
    if (!["true", "false"].includes(Extract))
      refuseAction(`Action configuration for action '${action}' has an invalid value '${Extract}' for 'Extract'`);
    if (Extract === "false" && !ObjectKey)
      refuseAction(`Action configuration for action '${action}' is missing required configuration 'ObjectKey'`);
    const wrong = CannedACL.split(",").find((acl) => !ACLS.includes(acl.trim()));
    if (wrong !== undefined) refuseAction(`Action configuration for action '${action}' has an invalid value '${wrong}' for 'CannedACL'`);
  },
  needs(scope, run) {
    const { BucketName, ObjectKey = "" } = run.configuration;
    return [...toRead(scope, run), { action: "s3:PutObject", resource: `arn:aws:s3:::${BucketName}/${ObjectKey}*` }];
  },
  observe(scope, run) {
    const { BucketName = "", Extract, ObjectKey = "" } = run.configuration;
    if (bucketNamed(scope, BucketName) === undefined) return failed("ConfigurationError", `The bucket ${BucketName} does not exist.`);
    return Extract === "true" ? extract(scope, run) : put(scope, run, ObjectKey);
  },
  entityUrl: (_, { BucketName }) => `https://console.aws.amazon.com/s3/buckets/${BucketName}`,
};

function put(scope: Scope, run: Run, key: string): ActionProgress {
  const { digest, size } = run.inputs[0]!;
  putObject(scope, run.configuration["BucketName"]!, key, { digest, size }, { ...settingsOf(run), contentType: "application/zip" });
  return deployed(run);
}

/** Each file is an object; the key is the folder that they go to. */
function extract(scope: Scope, run: Run): ActionProgress {
  const { BucketName, ObjectKey = "" } = run.configuration;
  const files = filesInZip(scope.blobs.read(run.inputs[0]!.digest));
  if (files === undefined) return failed("JobFailed", `The artifact ${run.inputs[0]!.name} is no zip archive.`);
  const folder = ObjectKey === "" || ObjectKey.endsWith("/") ? ObjectKey : `${ObjectKey}/`;
  for (const { path, bytes } of files) {
    putObject(scope, BucketName!, `${folder}${path}`, scope.blobs.write(bytes), { ...settingsOf(run), contentType: contentTypeOf(path) });
  }
  return deployed(run);
}

const deployed = ({ configuration: { BucketName } }: Run): ActionProgress => ({
  status: "Succeeded",
  externalExecutionUrl: `https://console.aws.amazon.com/s3/buckets/${BucketName}`,
  summary: "Deployment Succeeded",
});

function settingsOf({ configuration: { CannedACL, CacheControl, KMSEncryptionKeyARN } }: Run): ObjectSettings {
  return {
    ...(CannedACL && { acl: CannedACL }),
    ...(CacheControl && { cacheControl: CacheControl }),
    ...(KMSEncryptionKeyARN && { kmsKey: KMSEncryptionKeyARN }),
  };
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: "text/css",
  csv: "text/csv",
  gif: "image/gif",
  html: "text/html",
  ico: "image/x-icon",
  jpg: "image/jpeg",
  js: "application/javascript",
  json: "application/json",
  mjs: "application/javascript",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain",
  wasm: "application/wasm",
  woff2: "font/woff2",
  xml: "application/xml",
  zip: "application/zip",
};

const contentTypeOf = (path: string): string => CONTENT_TYPES[path.split(".").at(-1)!.toLowerCase()] ?? "application/octet-stream";
