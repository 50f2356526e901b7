import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { BatchGetImage$, DescribeImages$, type ImageIdentifier, ImageNotFoundException, ListImages$ } from "../../sdk/ecr.js";
import { requireRepository, whereOf } from "./repository.ts";

// Nothing can push an image yet: PutImage, the upload of layers and the registry's own protocol are not implemented, and
// refused by name. So every repository is empty, and that is what these answer.

const EMPTY = { partial: "every repository is empty, since nothing can push yet" };

export const describeImages = operation(
  DescribeImages$,
  (scope, input) => {
    const { repository, home } = requireRepository(scope, input);
    const [wanted] = input.imageIds ?? [];
    if (wanted !== undefined) {
      fault(ImageNotFoundException, `The image with imageId ${named(wanted)} does not exist within ${whereOf(home, repository)}`);
    }
    return { imageDetails: [] };
  },
  EMPTY,
);

export const listImages = operation(
  ListImages$,
  (scope, input) => {
    requireRepository(scope, input);
    return { imageIds: [] };
  },
  EMPTY,
);

export const batchGetImage = operation(
  BatchGetImage$,
  (scope, input) => {
    requireRepository(scope, input);
    const failures = (input.imageIds ?? []).map((imageId) => ({
      imageId,
      failureCode: "ImageNotFound" as const,
      failureReason: "Requested image not found",
    }));
    return { images: [], failures };
  },
  EMPTY,
);

const named = ({ imageDigest, imageTag }: ImageIdentifier): string =>
  `{imageDigest:'${imageDigest ?? "null"}', imageTag:'${imageTag ?? "null"}'}`;
