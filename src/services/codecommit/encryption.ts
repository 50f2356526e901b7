import { fault, isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  EncryptionKeyDisabledException,
  EncryptionKeyInvalidIdException,
  EncryptionKeyInvalidUsageException,
  EncryptionKeyNotFoundException,
  EncryptionKeyUnavailableException,
} from "../../sdk/codecommit.js";
import { keyOf } from "../kms/api.ts";

/** What repositories without a key of their own are said to be encrypted with. */
export const OWN_KEY = "alias/aws/codecommit";

/** A key that a repository may be encrypted with; refuses others. */
export function checkKey(scope: Scope, kmsKeyId: string): void {
  if (!/^[a-zA-Z0-9:/_-]+$/.test(kmsKeyId)) fault(EncryptionKeyInvalidIdException, `The KMS encryption key is not valid: ${kmsKeyId}`);
  if (kmsKeyId === OWN_KEY) return;
  const key = keyOf(scope, kmsKeyId);
  if (key === undefined) fault(EncryptionKeyNotFoundException, `No encryption key was found: ${kmsKeyId}`);
  if (key.usage !== "ENCRYPT_DECRYPT") fault(EncryptionKeyInvalidUsageException, `The key cannot encrypt: ${kmsKeyId}`);
  if (key.state === "Disabled") fault(EncryptionKeyDisabledException, `The encryption key is disabled: ${kmsKeyId}`);
  if (key.state !== "Enabled") fault(EncryptionKeyUnavailableException, `The encryption key is not available: ${kmsKeyId}`);
}

/** What a repository holds is out of reach while its key is. */
export function checkReadable(scope: Scope, { kmsKeyId }: { readonly kmsKeyId?: string }): void {
  if (kmsKeyId !== undefined) checkKey(scope, kmsKeyId);
}

/** Why it is, in a sentence, for whoever comes with git. */
export function whyUnreadable(scope: Scope, repository: { readonly kmsKeyId?: string }): string | undefined {
  try {
    checkReadable(scope, repository);
    return undefined;
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.message;
  }
}
