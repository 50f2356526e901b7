import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  EncryptionKeyDisabledException,
  EncryptionKeyInvalidIdException,
  EncryptionKeyInvalidUsageException,
  EncryptionKeyNotFoundException,
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
  if (key.state !== "Enabled") fault(EncryptionKeyDisabledException, `The encryption key is disabled: ${kmsKeyId}`);
}
