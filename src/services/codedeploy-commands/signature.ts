import { createECDH, createHash, createPrivateKey, sign } from "node:crypto";

// Specifications are signed as CodeDeploy signs them, in PKCS#7 (RFC 2315), by a certificate that the message carries. AWS's agent checks the
// signature against that certificate and does not ask who issued it. The structures below are written in DER (X.690), tag by tag.

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;

const OIDS = {
  data: "06092a864886f70d010701",
  signedData: "06092a864886f70d010702",
  sha256: "0609608648016503040201",
  ecdsaWithSha256: "06082a8648ce3d040302",
  ecPublicKey: "06072a8648ce3d0201",
  p256: "06082a8648ce3d030107",
  commonName: "0603550403",
} as const;

/** A text in a signed message, as PEM. The key derives from the text `secret`. */
export function signed(text: string, secret: string): string {
  const signer = signerOf(secret);
  const content = Buffer.from(text);
  const signature = sign("sha256", content, signer.key);
  const sha256 = node(SEQUENCE, oid("sha256"), NULL);
  const signerInfo = node(
    SEQUENCE,
    integer(1),
    node(SEQUENCE, signer.name, integer(1)),
    sha256,
    node(SEQUENCE, oid("ecdsaWithSha256")),
    node(OCTET_STRING, signature),
  );
  const signedData = node(
    SEQUENCE,
    integer(1),
    node(SET, sha256),
    node(SEQUENCE, oid("data"), node(0xa0, node(OCTET_STRING, content))),
    node(0xa0, signer.certificate),
    node(SET, signerInfo),
  );
  const message = node(SEQUENCE, oid("signedData"), node(0xa0, signedData));
  const lines = message.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN PKCS7-----\n${lines.join("\n")}\n-----END PKCS7-----\n`;
}

/** A key, and a certificate of it that it issued itself. */
function signerOf(secret: string) {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(createHash("sha256").update(`codedeploy-commands ${secret}`).digest());
  const point = curve.getPublicKey();
  const part = (bytes: Buffer): string => bytes.toString("base64url");
  const key = createPrivateKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", d: part(curve.getPrivateKey()), x: part(point.subarray(1, 33)), y: part(point.subarray(33)) },
  });
  const name = node(SEQUENCE, node(SET, node(SEQUENCE, oid("commonName"), node(UTF8, Buffer.from("codedeploy-commands")))));
  const algorithm = node(SEQUENCE, oid("ecdsaWithSha256"));
  const toBeSigned = node(
    SEQUENCE,
    node(0xa0, integer(2)),
    integer(1),
    algorithm,
    name,
    node(SEQUENCE, node(UTC_TIME, Buffer.from("200101000000Z")), node(UTC_TIME, Buffer.from("491231235959Z"))),
    name,
    node(SEQUENCE, node(SEQUENCE, oid("ecPublicKey"), oid("p256")), bits(point)),
  );
  return { key, name, certificate: node(SEQUENCE, toBeSigned, algorithm, bits(sign("sha256", toBeSigned, key))) };
}

/** A tag, the length of what it holds, and what it holds. */
function node(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xffff ? 6 : body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

const NULL = Buffer.of(0x05, 0x00);
const integer = (value: number): Buffer => node(INTEGER, Buffer.of(value));
const oid = (name: keyof typeof OIDS): Buffer => Buffer.from(OIDS[name], "hex");
const bits = (bytes: Uint8Array): Buffer => node(BIT_STRING, Buffer.of(0), bytes);
