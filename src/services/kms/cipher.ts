import { createCipheriv, createDecipheriv } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  Decrypt$,
  Encrypt$,
  GenerateDataKey$,
  GenerateDataKeyWithoutPlaintext$,
  GenerateRandom$,
  IncorrectKeyException,
  InvalidCiphertextException,
  ReEncrypt$,
} from "../../sdk/kms.js";
import { keyArn, requireUsable } from "./key.ts";

type Context = Readonly<Record<string, string>> | undefined;

const ALGORITHM = "SYMMETRIC_DEFAULT" as const;

export const encrypt = operation(Encrypt$, (scope, { KeyId, Plaintext, EncryptionContext }) => {
  const { blob, arn } = seal(scope, KeyId!, Plaintext!, EncryptionContext);
  return { CiphertextBlob: blob, KeyId: arn, EncryptionAlgorithm: ALGORITHM };
});

export const decrypt = operation(Decrypt$, (scope, { KeyId, CiphertextBlob, EncryptionContext }) => {
  const { plaintext, arn } = open(scope, CiphertextBlob!, EncryptionContext, KeyId);
  return { Plaintext: plaintext, KeyId: arn, EncryptionAlgorithm: ALGORITHM };
});

export const reEncrypt = operation(ReEncrypt$, (scope, input) => {
  const { plaintext, arn: source } = open(scope, input.CiphertextBlob!, input.SourceEncryptionContext, input.SourceKeyId);
  const { blob, arn } = seal(scope, input.DestinationKeyId!, plaintext, input.DestinationEncryptionContext);
  const algorithms = { SourceEncryptionAlgorithm: ALGORITHM, DestinationEncryptionAlgorithm: ALGORITHM };
  return { CiphertextBlob: blob, SourceKeyId: source, KeyId: arn, ...algorithms };
});

export const generateDataKey = operation(GenerateDataKey$, (scope, { KeyId, KeySpec, NumberOfBytes, EncryptionContext }) => {
  const plaintext = randomBytes(scope, sizeOf(KeySpec, NumberOfBytes));
  const { blob, arn } = seal(scope, KeyId!, plaintext, EncryptionContext);
  return { Plaintext: plaintext, CiphertextBlob: blob, KeyId: arn };
});

export const generateDataKeyWithoutPlaintext = operation(
  GenerateDataKeyWithoutPlaintext$,
  (scope, { KeyId, KeySpec, NumberOfBytes, EncryptionContext }) => {
    const { blob, arn } = seal(scope, KeyId!, randomBytes(scope, sizeOf(KeySpec, NumberOfBytes)), EncryptionContext);
    return { CiphertextBlob: blob, KeyId: arn };
  },
);

export const generateRandom = operation(GenerateRandom$, (scope, { NumberOfBytes }) => ({
  Plaintext: randomBytes(scope, NumberOfBytes ?? 32),
}));

/** AES-256-GCM: key id (36 characters), nonce (12 bytes), tag (16), text; the context is authenticated with it. */
export function seal(scope: Scope, keyReference: string, plaintext: Uint8Array, context: Context): { blob: Buffer; arn: string } {
  const { key, scope: home } = requireUsable(scope, keyReference);
  const nonce = randomBytes(scope, 12);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key.material, "hex"), nonce).setAAD(authenticated(context));
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { blob: Buffer.concat([Buffer.from(key.id), nonce, cipher.getAuthTag(), text]), arn: keyArn(home, key.id) };
}

export function open(scope: Scope, blob: Uint8Array, context: Context, keyReference?: string): { plaintext: Buffer; arn: string } {
  const bytes = Buffer.from(blob);
  if (bytes.length < 64) fault(InvalidCiphertextException, "");
  const { key, scope: home } = requireUsable(scope, bytes.subarray(0, 36).toString());
  if (keyReference !== undefined && requireUsable(scope, keyReference).key.id !== key.id) {
    fault(IncorrectKeyException, "The key ID in the request does not identify a CMK that can perform this operation.");
  }
  try {
    const decipher = createDecipheriv("aes-256-gcm", Buffer.from(key.material, "hex"), bytes.subarray(36, 48)).setAAD(
      authenticated(context),
    );
    decipher.setAuthTag(bytes.subarray(48, 64));
    return { plaintext: Buffer.concat([decipher.update(bytes.subarray(64)), decipher.final()]), arn: keyArn(home, key.id) };
  } catch {
    return fault(InvalidCiphertextException, "");
  }
}

const authenticated = (context: Context = {}): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))));

function sizeOf(spec: string | undefined, bytes: number | undefined): number {
  if ((spec === undefined) === (bytes === undefined)) fault("ValidationException", "Please specify either number of bytes or key spec.");
  return bytes ?? (spec === "AES_128" ? 16 : 32);
}

const randomBytes = (scope: Scope, size: number): Buffer => Buffer.from(scope.id.hex(size * 2), "hex");
