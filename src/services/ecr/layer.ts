import type { BlobRef } from "../../kernel/blob.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchCheckLayerAvailability$,
  CompleteLayerUpload$,
  EmptyUploadException,
  InitiateLayerUpload$,
  InvalidLayerException,
  InvalidLayerPartException,
  LayerAlreadyExistsException,
  UploadLayerPart$,
  UploadNotFoundException,
} from "../../sdk/ecr.js";
import { identityOf, requireRepository, whereOf } from "./repository.ts";

/** A layer of a repository, or the configuration of an image, as `repository@digest`. */
interface Layer extends Row, BlobRef {}

/** A layer that is on its way, as `repository@upload`. */
interface LayerUpload extends Row {
  readonly parts: readonly BlobRef[];
  /** bytes */
  readonly received: number;
}

export const layers = new Table<Layer>("ecr/layer", { stored: true });
export const layerUploads = new Table<LayerUpload>("ecr/layer-upload");

/** bytes: what docker sends at a time. */
const PART_SIZE = 20_971_520;

export const layerKey = (repository: string, digest: string): string => `${repository}@${digest}`;

export const initiateLayerUpload = operation(InitiateLayerUpload$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const uploadId = scope.id.uuid();
  layerUploads.put(home, { id: layerKey(repository.id, uploadId), parts: [], received: 0 });
  return { uploadId, partSize: PART_SIZE };
});

export const uploadLayerPart = operation(UploadLayerPart$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const upload = requireUpload(home, repository.id, input.uploadId!);
  const bytes = input.layerPartBlob!;
  if (input.partFirstByte !== upload.received || input.partLastByte !== upload.received + bytes.length - 1) {
    fault(
      InvalidLayerPartException,
      `Layer part first byte ${input.partFirstByte} does not follow the last byte received ${upload.received - 1}`,
      {
        ...identityOf(home, repository),
        uploadId: input.uploadId!,
        lastValidByteReceived: upload.received - 1,
      },
    );
  }
  const received = upload.received + bytes.length;
  layerUploads.patch(home, upload.id, { parts: [...upload.parts, home.blobs.write(bytes)], received });
  return { ...identityOf(home, repository), uploadId: input.uploadId!, lastByteReceived: received - 1 };
});

export const completeLayerUpload = operation(CompleteLayerUpload$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const upload = requireUpload(home, repository.id, input.uploadId!);
  if (upload.received === 0) fault(EmptyUploadException, `Upload ${input.uploadId} has no parts`);
  const whole = home.blobs.write(Buffer.concat(upload.parts.map(({ digest }) => home.blobs.read(digest))));
  const [wanted] = input.layerDigests!;
  if (wanted !== whole.digest)
    fault(InvalidLayerException, `Layer digest ${wanted} does not match the uploaded layer's digest ${whole.digest}`);
  const id = layerKey(repository.id, whole.digest);
  if (layers.get(home, id) !== undefined)
    fault(LayerAlreadyExistsException, `Layer with digest '${whole.digest}' already exists in ${whereOf(home, repository)}`);
  layers.put(home, { id, ...whole });
  layerUploads.remove(home, upload.id);
  return { ...identityOf(home, repository), uploadId: input.uploadId!, layerDigest: whole.digest };
});

export const batchCheckLayerAvailability = operation(BatchCheckLayerAvailability$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);
  const asked = input.layerDigests!.map((layerDigest) => ({ layerDigest, layer: layers.get(home, layerKey(repository.id, layerDigest)) }));
  return {
    layers: asked.flatMap(({ layerDigest, layer }) =>
      isDigest(layerDigest)
        ? [
            {
              layerDigest,
              layerAvailability: layer ? ("AVAILABLE" as const) : ("UNAVAILABLE" as const),
              ...(layer && { layerSize: layer.size }),
            },
          ]
        : [],
    ),
    failures: asked.flatMap(({ layerDigest }) =>
      isDigest(layerDigest)
        ? []
        : [{ layerDigest, failureCode: "InvalidLayerDigest" as const, failureReason: "Requested layer digest is invalid" }],
    ),
  };
});

/** Forget every layer of a repository. */
export function forgetLayers(home: Scope, repository: string): void {
  for (const table of [layers, layerUploads]) for (const { id } of table.list(home, `${repository}@`)) table.remove(home, id);
}

const requireUpload = (home: Scope, repository: string, uploadId: string): LayerUpload =>
  layerUploads.get(home, layerKey(repository, uploadId)) ??
  fault(
    UploadNotFoundException,
    `The upload with id '${uploadId}' does not exist in the repository with name '${repository}' in the registry with id '${home.account}'`,
  );
