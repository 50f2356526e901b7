import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { keyOf } from "../kms/api.ts";
import type { Build } from "./build.ts";

/** The key that every account has from the start; KMS knows of it once somebody has looked. */
const OWN_KEY = /(^|:)alias\/aws\/s3$/;

/**
 * With which key of KMS something that a build leaves in S3 is encrypted: that of the project, unless it wants none. Refuses, as S3
 * does, where the key cannot be used. https://docs.aws.amazon.com/codebuild/latest/userguide/security-encryption.html
 */
export function encryptionFor(scope: Scope, { declaration }: Build, disabled = false): { readonly kmsKey?: string } {
  const { encryptionKey } = declaration;
  if (disabled || encryptionKey === undefined) return {};
  const key = keyOf(scope, encryptionKey);
  if (key === undefined) {
    if (OWN_KEY.test(encryptionKey)) return { kmsKey: encryptionKey };
    const what = encryptionKey.includes("alias/") ? "Alias" : "Key";
    return fault("KMS.NotFoundException", `${what} '${encryptionKey}' does not exist`);
  }
  if (key.state === "Disabled") fault("KMS.DisabledException", `${key.arn} is disabled.`);
  if (key.state !== "Enabled") fault("KMS.KMSInvalidStateException", `${key.arn} is pending deletion.`);
  return { kmsKey: key.arn };
}
