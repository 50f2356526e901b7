import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { keyOf } from "../kms/api.ts";
import type { Build } from "./build.ts";

/** The key that every account has from the start; KMS knows of it once somebody has looked. */
const OWN_KEY = /(^|:)alias\/aws\/s3$/;

/** How something that a build leaves in S3 is encrypted. */
export interface Encryption {
  readonly kmsKey?: string;
}

/** With the key of the project, unless it wants none. https://docs.aws.amazon.com/codebuild/latest/userguide/security-encryption.html */
export const encryptionFor = (scope: Scope, { declaration }: Build, disabled = false): Encryption =>
  encryptionBy(scope, declaration.encryptionKey, disabled);

/** With a key; refuses, as S3 does, where it cannot be used. */
export function encryptionBy(scope: Scope, named: string | undefined, disabled = false): Encryption {
  if (disabled || named === undefined) return {};
  const key = keyOf(scope, named);
  if (key === undefined) {
    if (OWN_KEY.test(named)) return { kmsKey: named };
    return fault("KMS.NotFoundException", `${named.includes("alias/") ? "Alias" : "Key"} '${named}' does not exist`);
  }
  if (key.state === "Disabled") fault("KMS.DisabledException", `${key.arn} is disabled.`);
  if (key.state !== "Enabled") fault("KMS.KMSInvalidStateException", `${key.arn} is pending deletion.`);
  return { kmsKey: key.arn };
}
