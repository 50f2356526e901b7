import { present, sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { allTags } from "../../kernel/tag.ts";
import type { RequestLaunchTemplateData } from "../../sdk/ec2.js";
import { launchTemplates, newTemplate, newVersion, removeTemplate, requireVersion } from "./launch-template.ts";
import { specified, tags as tagTable } from "./tag.ts";

type Properties = Readonly<Record<string, any>>;

const NAME_MAX = 128;
/** In a template these may be texts. */
const BOOLEANS: ReadonlySet<string> = new Set([
  "AssociatePublicIpAddress",
  "DeleteOnTermination",
  "DisableApiStop",
  "DisableApiTermination",
  "EbsOptimized",
  "Enabled",
  "Encrypted",
]);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html; its id is the template's. */
export const launchTemplateResource: ResourceType<Properties> = {
  type: "AWS::EC2::LaunchTemplate",
  ensure: (scope, declared, id, { generatedName, tags }) =>
    attempt(scope, () => {
      const data = typed(declared["LaunchTemplateData"]) as RequestLaunchTemplateData;
      const description: string | undefined = declared["VersionDescription"];
      const known = id === undefined ? undefined : launchTemplates.get(scope, id);
      const template = known ?? newTemplate(scope, declared["LaunchTemplateName"] ?? generatedName.slice(-NAME_MAX), data, description);
      const latest = requireVersion(scope, template, "$Latest");
      // Every change is a version; the default one stays the one that it is.
      if (!sameJson(latest.data, data) || latest.description !== description) newVersion(scope, template, data, description);
      tagTable.put(scope, { id: template.id, tags: allTags(tags, specified(declared["TagSpecifications"], "launch-template")) });
      return template.id;
    }),
  read(scope, id) {
    const template = launchTemplates.get(scope, id);
    if (template === undefined) return undefined;
    return present({
      LaunchTemplateId: id,
      LaunchTemplateName: template.name,
      DefaultVersionNumber: String(template.defaultVersion),
      LatestVersionNumber: String(template.latestVersion),
    });
  },
  remove(scope, id) {
    if (launchTemplates.get(scope, id) !== undefined) removeTemplate(scope, id);
    return { state: "done", id };
  },
  list: (scope) => launchTemplates.list(scope).map(({ id }) => id),
  absent: Object.fromEntries(
    [
      "CapacityReservationSpecification",
      "CpuOptions",
      "ElasticGpuSpecifications",
      "ElasticInferenceAccelerators",
      "EnclaveOptions",
      "HibernationOptions",
      "InstanceMarketOptions",
      "InstanceRequirements",
      "KernelId",
      "LicenseSpecifications",
      "MaintenanceOptions",
      "NetworkPerformanceOptions",
      "PrivateDnsNameOptions",
      "RamDiskId",
      "SecondaryInterfaces",
      "Operator",
      ...["Affinity", "GroupId", "GroupName", "HostId", "HostResourceGroupArn", "PartitionNumber", "SpreadDomain"].map(
        (part) => `Placement/${part}`,
      ),
      ...[
        "AssociateCarrierIpAddress",
        "ConnectionTrackingSpecification",
        "EnaQueueCount",
        "EnaSrdSpecification",
        "InterfaceType",
        "Ipv4PrefixCount",
        "Ipv4Prefixes",
        "Ipv6AddressCount",
        "Ipv6Addresses",
        "Ipv6PrefixCount",
        "Ipv6Prefixes",
        "NetworkCardIndex",
        "NetworkInterfaceId",
        "PrimaryIpv6",
        "PrivateIpAddress",
        "PrivateIpAddresses",
        "SecondaryPrivateIpAddressCount",
      ].map((part) => `NetworkInterfaces/${part}`),
    ].map((path) => [`LaunchTemplateData/${path}`, []]),
  ),
};

function typed(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, typed(part, key)]));
  return BOOLEANS.has(name) ? String(value) === "true" : value;
}
