import type { Scope } from "../../kernel/scope.ts";
import { type Instance, privateName, publicName } from "./instance.ts";
import { securityGroups } from "./security-group.ts";
import { tagsFor } from "./tag.ts";
import { zoneId, zonesOf } from "./zone.ts";

/** What an instance is told about itself. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories */
export function metadataOf(scope: Scope, instance: Instance): Readonly<Record<string, string>> {
  const { id, publicIp, zone } = instance;
  const name = privateName(scope, instance.privateIp);
  const tags = instance.tagsInMetadata ? Object.entries(tagsFor(scope, id)) : [];
  const meta: Record<string, string> = {
    "ami-id": instance.imageId,
    "ami-launch-index": String(instance.launchIndex),
    hostname: name,
    "instance-action": "none",
    "instance-id": id,
    "instance-life-cycle": "on-demand",
    "instance-type": instance.instanceType,
    "local-hostname": name,
    "local-ipv4": instance.privateIp,
    "placement/availability-zone": zone,
    "placement/availability-zone-id": zoneId(scope.region, zonesOf(scope).indexOf(zone)),
    "placement/region": scope.region,
    ...(publicIp !== undefined && { "public-hostname": publicName(scope, publicIp), "public-ipv4": publicIp }),
    "reservation-id": instance.reservationId,
    "security-groups": instance.securityGroupIds.map((group) => securityGroups.get(scope, group)?.name ?? group).join("\n"),
    "services/domain": "amazonaws.com",
    "services/partition": "aws",
    ...Object.fromEntries(tags.map(([key, value]) => [`tags/instance/${key}`, value])),
  };
  return {
    ...Object.fromEntries(Object.entries(meta).map(([path, text]) => [`meta-data/${path}`, text])),
    "dynamic/instance-identity/document": identityDocument(scope, instance),
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
const identityDocument = (scope: Scope, instance: Instance): string =>
  JSON.stringify(
    {
      accountId: scope.account,
      architecture: "x86_64",
      availabilityZone: instance.zone,
      billingProducts: null,
      devpayProductCodes: null,
      marketplaceProductCodes: null,
      imageId: instance.imageId,
      instanceId: instance.id,
      instanceType: instance.instanceType,
      kernelId: null,
      pendingTime: `${new Date(instance.launchedAt).toISOString().slice(0, 19)}Z`,
      privateIp: instance.privateIp,
      ramdiskId: null,
      region: scope.region,
      version: "2017-09-30",
    },
    null,
    2,
  );
