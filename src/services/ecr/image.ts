import { digestOf } from "../../kernel/blob.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchDeleteImage$,
  BatchGetImage$,
  DescribeImages$,
  ImageAlreadyExistsException,
  ImageDigestDoesNotMatchException,
  type ImageIdentifier,
  ImageNotFoundException,
  type Image as ImageShape,
  ImageTagAlreadyExistsException,
  InvalidParameterException,
  LayersNotFoundException,
  ListImages$,
  PutImage$,
  type TagStatus,
} from "../../sdk/ecr.js";
import { layerKey, layers } from "./layer.ts";
import { identityOf, invalidToken, type Repository, requireRepository, whereOf } from "./repository.ts";

/** An image by its manifest, as `repository@digest`. */
export interface Image extends Row {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
  /** In the order in which they were given. */
  readonly tags: readonly string[];
  readonly pushedAt: number;
  /** bytes */
  readonly size: number;
}

export const images = new Table<Image>("ecr/image", { stored: true });

const PAGE_MAX = 100;

/** What a manifest says of its parts: those of an image, or of a list of images. */
interface Manifest {
  readonly mediaType?: string;
  readonly config?: Part;
  readonly layers?: readonly Part[];
  readonly manifests?: readonly Part[];
}

interface Part {
  readonly digest: string;
  readonly size?: number;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html */
export const putImage = operation(PutImage$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const { imageManifest: text = "", imageTag } = input;
  const manifest = parsed(text);
  const mediaType = input.imageManifestMediaType ?? manifest.mediaType;
  if (mediaType === undefined) invalid("image manifest mediatype not provided in manifest or parameter");
  const digest = digestOf(Buffer.from(text));
  if (input.imageDigest !== undefined && input.imageDigest !== digest)
    fault(ImageDigestDoesNotMatchException, `The digest '${input.imageDigest}' does not match the image's digest '${digest}'`);
  const known = images.get(home, layerKey(repository.id, digest));
  if (known !== undefined && (imageTag === undefined || known.tags.includes(imageTag))) {
    fault(
      ImageAlreadyExistsException,
      `Image with digest '${digest}' and tag '${imageTag ?? "null"}' already exists in the repository with name '${repository.id}' in registry with id '${home.account}'`,
    );
  }
  const size = sizeOf(home, repository, manifest);
  if (imageTag !== undefined) freeTag(home, repository, imageTag);
  const image = images.put(home, {
    ...(known ?? { id: layerKey(repository.id, digest), digest, manifest: text, mediaType: mediaType!, pushedAt: home.clock.now(), size }),
    tags: [...(known?.tags ?? []), ...(imageTag === undefined ? [] : [imageTag])],
  });
  tell(home, repository, image, "PUSH", imageTag);
  return { image: shown(home, repository, image, imageTag) };
});

export const describeImages = operation(DescribeImages$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const { imageIds, filter, maxResults = PAGE_MAX, nextToken: token } = input;
  if (imageIds !== undefined) {
    const found = imageIds.map((id) => findImage(home, repository.id, id) ?? noImage(home, repository, id));
    return { imageDetails: [...new Map(found.map((image) => [image.id, image])).values()].map((image) => detail(home, repository, image)) };
  }
  const all = imagesOf(home, repository.id).filter(({ tags }) => fits(tags, filter?.tagStatus));
  const { items, nextToken } = page(all, ({ id }) => id, maxResults, token, invalidToken);
  return { imageDetails: items.map((image) => detail(home, repository, image)), ...(nextToken && { nextToken }) };
});

export const listImages = operation(ListImages$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const { filter, maxResults = PAGE_MAX, nextToken: token } = input;
  const all = imagesOf(home, repository.id)
    .filter(({ tags }) => fits(tags, filter?.tagStatus))
    .flatMap(({ digest, tags }) =>
      tags.length === 0 ? [{ imageDigest: digest }] : tags.map((imageTag) => ({ imageDigest: digest, imageTag })),
    );
  const { items, nextToken } = page(
    all,
    (id) => `${id.imageDigest} ${"imageTag" in id ? id.imageTag : ""}`,
    maxResults,
    token,
    invalidToken,
  );
  return { imageIds: items, ...(nextToken && { nextToken }) };
});

export const batchGetImage = operation(BatchGetImage$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const asked = input.imageIds!.map((imageId) => ({ imageId, image: findImage(home, repository.id, imageId) }));
  return {
    images: asked.flatMap(({ image, imageId }) => (image === undefined ? [] : [shown(home, repository, image, imageId.imageTag)])),
    failures: asked.flatMap(({ image, imageId }) => (image === undefined ? [notFound(imageId)] : [])),
  };
});

/** An image that is named by a tag loses the tag, and with its last one itself. */
export const batchDeleteImage = operation(BatchDeleteImage$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const gone: ImageIdentifier[] = [];
  const failures: ReturnType<typeof notFound>[] = [];
  for (const imageId of input.imageIds!) {
    const image = findImage(home, repository.id, imageId);
    if (image === undefined) {
      failures.push(notFound(imageId));
      continue;
    }
    const { imageTag } = imageId;
    const lost = imageTag === undefined ? image.tags : [imageTag];
    const left = image.tags.filter((tag) => !lost.includes(tag));
    if (imageTag !== undefined && left.length > 0) images.patch(home, image.id, { tags: left });
    else images.remove(home, image.id);
    const named = lost.length === 0 ? [{ imageDigest: image.digest }] : lost.map((tag) => ({ imageDigest: image.digest, imageTag: tag }));
    gone.push(...named);
    tell(home, repository, image, "DELETE", imageTag);
  }
  return { imageIds: gone, failures };
});

export const imagesOf = (home: Scope, repository: string): Image[] => images.list(home, `${repository}@`);

/** The image that a tag or a digest names. */
export function findImage(home: Scope, repository: string, { imageDigest, imageTag }: ImageIdentifier): Image | undefined {
  const found = imageDigest === undefined ? undefined : images.get(home, layerKey(repository, imageDigest));
  if (imageDigest !== undefined) return imageTag === undefined || found?.tags.includes(imageTag) ? found : undefined;
  return imagesOf(home, repository).find(({ tags }) => tags.includes(imageTag!));
}

/** The tag is the new image's; an immutable one is kept. */
function freeTag(home: Scope, repository: Repository, tag: string): void {
  const holder = findImage(home, repository.id, { imageTag: tag });
  if (holder === undefined) return;
  if (isImmutable(repository, tag)) {
    fault(
      ImageTagAlreadyExistsException,
      `The image tag '${tag}' already exists in the '${repository.id}' repository and cannot be overwritten because the tag is immutable.`,
    );
  }
  images.patch(home, holder.id, { tags: holder.tags.filter((one) => one !== tag) });
}

function isImmutable({ tagMutability, mutabilityExclusions = [] }: Repository, tag: string): boolean {
  const isExcluded = mutabilityExclusions.some(({ filter }) => patternOf(filter!).test(tag));
  return tagMutability.startsWith("IMMUTABLE") ? !isExcluded : isExcluded;
}

const patternOf = (wildcards: string): RegExp =>
  new RegExp(
    `^${wildcards
      .split("*")
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

/** What the parts of a manifest weigh; all of them have to be there. */
function sizeOf(home: Scope, repository: Repository, { config, layers: parts = [], manifests = [] }: Manifest): number {
  const known = [...(config ? [config] : []), ...parts].map(({ digest }) => ({
    digest,
    found: layers.get(home, layerKey(repository.id, digest)),
  }));
  const missing = [
    ...known.filter(({ found }) => found === undefined).map(({ digest }) => digest),
    ...manifests.map(({ digest }) => digest).filter((digest) => images.get(home, layerKey(repository.id, digest)) === undefined),
  ];
  if (missing.length > 0)
    fault(
      LayersNotFoundException,
      `Layers with digests '[${missing.join(", ")}]' required for pushing image into ${whereOf(home, repository)} don't exist`,
    );
  const listed = manifests.map(({ digest }) => images.get(home, layerKey(repository.id, digest))!.size);
  return [...known.map(({ found }) => found!.size), ...listed].reduce((sum, size) => sum + size, 0);
}

function parsed(text: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest === "object" && manifest !== null) return manifest as Manifest;
  } catch {}
  return invalid("Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'");
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
function tell(home: Scope, repository: Repository, { digest, mediaType }: Image, action: "PUSH" | "DELETE", tag: string | undefined): void {
  home.emit({
    source: "aws.ecr",
    detailType: "ECR Image Action",
    resources: [],
    detail: {
      "action-type": action,
      result: "SUCCESS",
      "repository-name": repository.id,
      "image-digest": digest,
      ...(tag !== undefined && { "image-tag": tag }),
      ...(action === "PUSH" && { "manifest-media-type": mediaType }),
    },
  });
}

const fits = (tags: readonly string[], status: TagStatus | undefined): boolean =>
  status === undefined || status === "ANY" || (status === "TAGGED") === tags.length > 0;

const shown = (home: Scope, repository: Repository, { digest, manifest, mediaType }: Image, imageTag: string | undefined): ImageShape => ({
  ...identityOf(home, repository),
  imageId: { imageDigest: digest, ...(imageTag !== undefined && { imageTag }) },
  imageManifest: manifest,
  imageManifestMediaType: mediaType,
});

const detail = (home: Scope, repository: Repository, { digest, mediaType, tags, pushedAt, size }: Image) => ({
  ...identityOf(home, repository),
  imageDigest: digest,
  ...(tags.length > 0 && { imageTags: [...tags] }),
  imageSizeInBytes: size,
  imagePushedAt: new Date(pushedAt),
  imageManifestMediaType: mediaType,
});

const notFound = (imageId: ImageIdentifier) => ({
  imageId,
  failureCode: "ImageNotFound" as const,
  failureReason: "Requested image not found",
});

const named = ({ imageDigest, imageTag }: ImageIdentifier): string =>
  `{imageDigest:'${imageDigest ?? "null"}', imageTag:'${imageTag ?? "null"}'}`;

const noImage = (home: Scope, repository: Repository, id: ImageIdentifier): never =>
  fault(ImageNotFoundException, `The image with imageId ${named(id)} does not exist within ${whereOf(home, repository)}`);

const invalid = (message: string): never => fault(InvalidParameterException, message);
