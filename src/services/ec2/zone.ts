import type { Scope } from "../../kernel/scope.ts";
import { DescribeAvailabilityZones$, DescribeRegions$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { fits } from "./filter.ts";

const REGIONS =
  "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2".split(
    " ",
  );
const ZONES = ["a", "b", "c"];

/** The availability zones of the scope's region: three everywhere. */
export const zonesOf = ({ region }: Pick<Scope, "region">): string[] => ZONES.map((letter) => region + letter);

export const describeRegions = ec2Operation(DescribeRegions$, (_scope, { RegionNames, Filters }) => {
  const all = REGIONS.map((name) => ({ RegionName: name, Endpoint: `ec2.${name}.amazonaws.com`, OptInStatus: "opt-in-not-required" }));
  const Regions = all.filter(
    ({ RegionName, Endpoint, OptInStatus }) =>
      (RegionNames === undefined || RegionNames.includes(RegionName)) &&
      fits(Filters, { "region-name": RegionName, endpoint: Endpoint, "opt-in-status": OptInStatus }),
  );
  return { Regions };
});

export const describeAvailabilityZones = ec2Operation(DescribeAvailabilityZones$, (scope, { ZoneNames, ZoneIds, Filters }) => {
  const all = zonesOf(scope).map((name, index) => ({
    State: "available" as const,
    OptInStatus: "opt-in-not-required" as const,
    Messages: [],
    RegionName: scope.region,
    ZoneName: name,
    ZoneId: zoneId(scope.region, index),
    GroupName: scope.region,
    NetworkBorderGroup: scope.region,
    ZoneType: "availability-zone",
  }));
  const AvailabilityZones = all.filter(
    (zone) =>
      (ZoneNames === undefined || ZoneNames.includes(zone.ZoneName)) &&
      (ZoneIds === undefined || ZoneIds.includes(zone.ZoneId)) &&
      fits(Filters, {
        "zone-name": zone.ZoneName,
        "zone-id": zone.ZoneId,
        "region-name": zone.RegionName,
        state: zone.State,
        "opt-in-status": zone.OptInStatus,
        "group-name": zone.GroupName,
        "zone-type": zone.ZoneType,
      }),
  );
  return { AvailabilityZones };
});

/** Such as euw1-az1 for eu-west-1a. */
export function zoneId(region: string, index: number): string {
  const [area = "", direction = "", number = ""] = region.split("-");
  const short = direction.replace(
    /^(north|south|east|west|central)(east|west)?$/,
    (_all, one: string, two = "") => one[0] + (two[0] ?? ""),
  );
  return `${area}${short}${number}-az${index + 1}`;
}
