import type { BlobRef } from "../../kernel/blob.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Stored } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ArtifactStore, PipelineDeclaration } from "../../sdk/codepipeline.js";
import { putObject, readObject } from "../s3/api.ts";
import { fileInZip } from "./zip.ts";

/** What an action gave to the ones after it: an object in the artifact store. */
export interface Artifact extends BlobRef {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  /** Of the source that it came from. */
  readonly revision?: string;
}

const KEY_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Put an action's output into the bucket; its key derives from the action execution's id. */
export function storeArtifact(scope: Scope, bucket: string, origin: ArtifactOrigin, { digest, size }: BlobRef): Artifact {
  const key = artifactKey(origin);
  // A worker puts his artifacts there himself.
  if (readObject(scope, bucket, key)?.digest !== digest)
    putObject(scope, bucket, key, { digest, size }, { contentType: "application/zip" });
  return { name: origin.name, bucket, key, digest, size };
}

/** Where an artifact comes from. */
export interface ArtifactOrigin {
  readonly name: string;
  readonly pipeline: string;
  readonly actionExecutionId: string;
  readonly isSource: boolean;
}

export const artifactKey = ({ name, pipeline, actionExecutionId, isSource }: ArtifactOrigin): string =>
  `${folderOf(pipeline, name)}/${idsFrom(`${actionExecutionId}/${name}`).text(7, KEY_LETTERS)}${isSource ? ".zip" : ""}`;

/** The artifact in another store: a cross-region action works with a copy. https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-cross-region.html */
export function copiedTo(scope: Scope, bucket: string, artifact: Artifact): Artifact {
  if (artifact.bucket === bucket) return artifact;
  const { digest, size, key } = artifact;
  if (readObject(scope, bucket, key)?.digest !== digest)
    putObject(scope, bucket, key, { digest, size }, { contentType: "application/zip" });
  return { ...artifact, bucket };
}

/** CodePipeline shortens both names in its keys: my-pipeline/SourceArti/AbCdEfG. */
const folderOf = (pipeline: string, artifact: string): string => `${pipeline.slice(0, 20)}/${artifact.slice(0, 10)}`;

/** The store of a region; undefined where the pipeline declares none. */
export function storeOf({ artifactStore, artifactStores }: Stored<PipelineDeclaration>, region: string): Stored<ArtifactStore> | undefined {
  return artifactStore ?? artifactStores?.[region];
}

/** The text of a file of an artifact; undefined where it has no such file. */
export const fileOf = (scope: Scope, { digest }: Artifact, path: string): string | undefined =>
  fileInZip(scope.blobs.read(digest), path)?.toString();
