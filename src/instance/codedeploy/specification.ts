import { verify, X509Certificate } from "node:crypto";

/** What a deployment is about. */
export interface Specification {
  readonly deploymentId: string;
  readonly groupId: string;
  readonly groupName: string;
  readonly application: string;
  readonly creator: string;
  readonly type: string;
  readonly fileExistsBehavior: string;
  readonly revision: Revision;
}

export type Revision =
  | {
      readonly type: "S3";
      readonly bucket: string;
      readonly key: string;
      readonly bundleType: string;
      readonly version?: string;
      readonly etag?: string;
    }
  | {
      readonly type: "GitHub";
      readonly account: string;
      readonly repository: string;
      readonly commit: string;
      readonly bundleType: string;
      readonly token?: string;
    }
  | { readonly type: "Local File"; readonly location: string; readonly bundleType: string }
  | { readonly type: "Local Directory"; readonly location: string; readonly bundleType: string };

export function readSpecification({ Format, Payload }: { Format: string; Payload: string }): Specification {
  if (Format !== "PKCS7/JSON") throw new Error(`Unsupported DeploymentSpecification format: ${Format}`);
  const said = JSON.parse(contentOf(Payload));
  for (const name of ["DeploymentId", "DeploymentGroupId", "DeploymentGroupName", "ApplicationName"])
    if (!said[name]) throw new Error(`Deployment Spec has no ${name}`);
  return {
    deploymentId: said.DeploymentId,
    groupId: said.DeploymentGroupId,
    groupName: said.DeploymentGroupName,
    application: said.ApplicationName,
    creator: said.DeploymentCreator ?? "user",
    type: said.DeploymentType ?? "IN_PLACE",
    fileExistsBehavior: said.AgentActionOverrides?.AgentOverrides?.FileExistsBehavior?.toUpperCase() ?? "DISALLOW",
    revision: revisionIn(said),
  };
}

function revisionIn({ Revision: said, GitHubAccessToken }: any): Revision {
  switch (said?.RevisionType) {
    case "S3": {
      const { Bucket, Key, BundleType, Version, ETag } = said.S3Revision;
      if (!["tar", "tgz", "zip"].includes(BundleType)) throw new Error("BundleType in S3Revision must be tar, tgz or zip");
      return {
        type: "S3",
        bucket: Bucket,
        key: Key,
        bundleType: BundleType,
        ...(Version && { version: Version }),
        ...(ETag && { etag: ETag }),
      };
    }
    case "GitHub": {
      const { Account, Repository, CommitId, BundleType = "tar" } = said.GitHubRevision;
      return {
        type: "GitHub",
        account: Account,
        repository: Repository,
        commit: CommitId,
        bundleType: BundleType,
        ...(GitHubAccessToken && { token: GitHubAccessToken }),
      };
    }
    case "Local File":
    case "Local Directory":
      return { type: said.RevisionType, location: said.LocalRevision.Location, bundleType: said.LocalRevision.BundleType };
    default:
      throw new Error("Exactly one of S3Revision, GitHubRevision, or LocalRevision must be specified");
  }
}

/** The content of a signed message (PKCS#7, RFC 2315), whose signature is that of the certificate in it. */
function contentOf(pem: string): string {
  const whole = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const [, wrapped] = childrenOf(childrenOf(whole)[0]!.body);
  const [, , encapsulated, certificates, signers] = childrenOf(childrenOf(wrapped!.body)[0]!.body);
  const content = childrenOf(childrenOf(encapsulated!.body)[1]!.body)[0]!.body;
  const certificate = new X509Certificate(childrenOf(certificates!.body)[0]!.whole);
  const signature = childrenOf(childrenOf(signers!.body)[0]!.body).at(-1)!.body;
  if (!verify("sha256", content, certificate.publicKey, signature))
    throw new Error("The signature of the deployment specification is not valid");
  return content.toString();
}

interface Node {
  readonly whole: Buffer;
  readonly body: Buffer;
}

/** The nodes of DER, side by side. */
function childrenOf(bytes: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    let size = bytes[at + 1]!;
    let head = 2;
    if (size >= 0x80) {
      const count = size - 0x80;
      size = bytes.readUIntBE(at + 2, count);
      head += count;
    }
    nodes.push({ whole: bytes.subarray(at, at + head + size), body: bytes.subarray(at + head, at + head + size) });
    at += head + size;
  }
  return nodes;
}
