import type { Scope } from "../../kernel/scope.ts";
import type { ImageIdentifier } from "../../sdk/ecr.js";
import { findImage } from "./image.ts";
import { repositories, repositoryUri } from "./repository.ts";

/** An image as other services see it. */
export interface ImageView {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  /** bytes */
  readonly size: number;
  /** Where its repository is. */
  readonly repositoryUri: string;
}

/** The image that a tag or a digest names; undefined where there is none, or no such repository. */
export function imageOf(scope: Scope, repository: string, id: ImageIdentifier): ImageView | undefined {
  const image = repositories.get(scope, repository) && findImage(scope, repository, id);
  return image && { ...image, repositoryUri: repositoryUri(scope, repository) };
}
