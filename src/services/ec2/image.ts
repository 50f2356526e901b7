import type { InstanceProgram } from "../../compute/job.ts";
import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DescribeImages$ } from "../../sdk/ec2.js";
import { publicImageId, publicImages } from "../ssm/api.ts";
import { ec2Operation } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { shownTags, tagsFor } from "./tag.ts";

/** An image of Amazon's. All are views of this machine; they differ by what they are called and by what they start. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly ownerAlias?: string;
  readonly architecture: "x86_64" | "arm64";
  readonly rootDevice: string;
  readonly createdAt: string;
}

/**
 * What every image starts at boot, and starts again should it end: modules of src/instance. Whoever adds one puts its file
 * there, and it is bundled with the command.
 */
export const PROGRAMS: readonly InstanceProgram[] = [{ name: "codedeploy-agent", module: "codedeploy-agent" }];

const AMAZON = "137112412989";
const CANONICAL = "099720109477";

export const describeImages = ec2Operation(DescribeImages$, (scope, { ImageIds, Owners, Filters, ...paging }) => {
  for (const id of ImageIds ?? []) requireImage(scope, id);
  const found = images(scope).filter(
    (image) =>
      (ImageIds === undefined || ImageIds.includes(image.id)) &&
      (Owners === undefined || Owners.some((owner) => owner === image.owner || owner === image.ownerAlias)) &&
      fits(Filters, filterable(image), tagsFor(scope, image.id)),
  );
  const { items, next } = paged(found, ({ id }) => id, paging);
  return { Images: items.map((image) => shown(scope, image)), ...next };
});

/** RunInstances and launch templates may name an image by a parameter: resolve:ssm:NAME. */
export function imageIdOf(scope: Scope, named: string): string {
  if (!named.startsWith("resolve:ssm:")) return named;
  const name = named.slice("resolve:ssm:".length);
  const resolved = scope.registry.reference("ssm")?.resolve(scope, name);
  if (resolved?.state === "value") return resolved.value;
  return fault("InvalidParameterValue", `The parameter ${name} could not be found`);
}

export const requireImage = (scope: Scope, id: string): Image =>
  images(scope).find((image) => image.id === id) ??
  (/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)
    ? fault("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`)
    : fault("InvalidAMIID.Malformed", `Invalid id: "${id}"`));

function images(scope: Scope): Image[] {
  return publicImages.map(({ name, description, architecture, vendor, createdAt }) => ({
    id: publicImageId(scope.region, name),
    name,
    description,
    architecture,
    owner: vendor === "amazon" ? AMAZON : CANONICAL,
    ...(vendor === "amazon" && { ownerAlias: "amazon" }),
    rootDevice: vendor === "amazon" ? "/dev/xvda" : "/dev/sda1",
    createdAt,
  }));
}

const filterable = (image: Image) => ({
  architecture: image.architecture,
  "creation-date": image.createdAt,
  description: image.description,
  "ena-support": true,
  hypervisor: "xen",
  "image-id": image.id,
  "image-type": "machine",
  "is-public": true,
  name: image.name,
  "owner-alias": image.ownerAlias,
  "owner-id": image.owner,
  platform: undefined,
  "root-device-name": image.rootDevice,
  "root-device-type": "ebs",
  state: "available",
  "virtualization-type": "hvm",
  "block-device-mapping.volume-type": "gp3",
});

const shown = (scope: Scope, image: Image) => ({
  ImageId: image.id,
  ImageLocation: `${image.ownerAlias ?? image.owner}/${image.name}`,
  Name: image.name,
  Description: image.description,
  Architecture: image.architecture,
  CreationDate: image.createdAt,
  OwnerId: image.owner,
  ...(image.ownerAlias !== undefined && { ImageOwnerAlias: image.ownerAlias }),
  Public: true,
  ImageType: "machine" as const,
  State: "available" as const,
  PlatformDetails: "Linux/UNIX",
  UsageOperation: "RunInstances",
  EnaSupport: true,
  Hypervisor: "xen" as const,
  RootDeviceName: image.rootDevice,
  RootDeviceType: "ebs" as const,
  VirtualizationType: "hvm" as const,
  BlockDeviceMappings: [],
  ...shownTags(scope, image.id),
});
