import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { keyOf } from "../kms/api.ts";
import { type ObjectSettings, putObject } from "../s3/api.ts";
import type { Build } from "./build.ts";
import { roleRefusal } from "./service-role.ts";

/** The key that every account has from the start; KMS knows of it once somebody has looked. */
const OWN_KEY = /(^|:)alias\/aws\/s3$/;

/** Where something goes in S3, and with which key of KMS it is encrypted: without, that of the project. */
export interface UploadPlace {
  readonly bucket: string;
  readonly key: string;
  readonly encryptionKey?: string | undefined;
  readonly encryptionDisabled?: boolean | undefined;
}

/**
 * Put something that a build leaves into S3, as its service role; refuses as S3 does.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/security-encryption.html
 */
export function uploadFor(
  scope: Scope,
  build: Build,
  { bucket, key, encryptionKey = build.declaration.encryptionKey, encryptionDisabled = false }: UploadPlace,
  body: { readonly digest: string; readonly size: number },
  about: Omit<ObjectSettings, "kmsKey"> = {},
): void {
  const refusal = roleRefusal(scope, build, "s3:PutObject", `arn:aws:s3:::${bucket}/${key}`);
  if (refusal !== undefined) fault("AccessDenied", `${refusal} status code: 403`);
  const encryption = encryptionDisabled || encryptionKey === undefined ? {} : { kmsKey: usableKey(scope, encryptionKey) };
  putObject(scope, bucket, key, body, { ...about, ...encryption });
}

function usableKey(scope: Scope, named: string): string {
  const key = keyOf(scope, named);
  if (key === undefined) {
    if (OWN_KEY.test(named)) return named;
    return fault("KMS.NotFoundException", `${named.includes("alias/") ? "Alias" : "Key"} '${named}' does not exist`);
  }
  if (key.state === "Disabled") fault("KMS.DisabledException", `${key.arn} is disabled.`);
  if (key.state !== "Enabled") fault("KMS.KMSInvalidStateException", `${key.arn} is pending deletion.`);
  return key.arn;
}
