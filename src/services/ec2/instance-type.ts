import { fault } from "../../kernel/fault.ts";
import type { InstanceTypeInfo } from "../../sdk/ec2.js";
import { DescribeInstanceTypeOfferings$, DescribeInstanceTypes$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { fits, paged } from "./filter.ts";
import { zonesOf } from "./zone.ts";

/** A type by what a template may ask of it; what an instance really has is this machine's. */
interface InstanceType {
  readonly name: string;
  readonly architecture: "x86_64" | "arm64";
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly burstable: boolean;
}

/** vCPUs and memory of the sizes of general families. https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html */
const BURSTABLE: readonly (readonly [string, number, number])[] = [
  ["nano", 2, 512],
  ["micro", 2, 1024],
  ["small", 2, 2048],
  ["medium", 2, 4096],
  ["large", 2, 8192],
  ["xlarge", 4, 16384],
  ["2xlarge", 8, 32768],
];
const SIZES: readonly (readonly [string, number])[] = [
  ["large", 2],
  ["xlarge", 4],
  ["2xlarge", 8],
  ["4xlarge", 16],
];
/** GiB for each vCPU. */
const FAMILIES: readonly (readonly [string, number])[] = [
  ["m5", 4],
  ["m6i", 4],
  ["m6g", 4],
  ["m7i", 4],
  ["m7g", 4],
  ["c5", 2],
  ["c6i", 2],
  ["c6g", 2],
  ["c7g", 2],
  ["r5", 8],
  ["r6i", 8],
  ["r6g", 8],
];

/** https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html#previous-gen-instances */
const PREVIOUS: readonly InstanceType[] = [
  { name: "m1.small", architecture: "x86_64", vcpus: 1, memoryMib: 1740, burstable: false },
  { name: "m3.medium", architecture: "x86_64", vcpus: 1, memoryMib: 3840, burstable: false },
  { name: "t1.micro", architecture: "x86_64", vcpus: 1, memoryMib: 627, burstable: false },
];

const isArm = (family: string): boolean => /^\w\dg/.test(family);

const TYPES: readonly InstanceType[] = [
  ...["t2", "t3", "t3a", "t4g"].flatMap((family) =>
    BURSTABLE.map(([size, vcpus, memoryMib]) => ({
      name: `${family}.${size}`,
      architecture: isArm(family) ? ("arm64" as const) : ("x86_64" as const),
      vcpus: family === "t2" && memoryMib <= 2048 ? 1 : vcpus,
      memoryMib,
      burstable: true,
    })),
  ),
  ...FAMILIES.flatMap(([family, gib]) =>
    SIZES.map(([size, vcpus]) => ({
      name: `${family}.${size}`,
      architecture: isArm(family) ? ("arm64" as const) : ("x86_64" as const),
      vcpus,
      memoryMib: vcpus * gib * 1024,
      burstable: false,
    })),
  ),
  ...PREVIOUS,
];

export const describeInstanceTypes = ec2Operation(DescribeInstanceTypes$, (_scope, { InstanceTypes, Filters, ...paging }) => {
  for (const name of InstanceTypes ?? []) requireType(name);
  const found = TYPES.filter(
    (type) =>
      (InstanceTypes === undefined || InstanceTypes.includes(type.name as never)) &&
      fits(Filters, {
        "instance-type": type.name,
        "processor-info.supported-architecture": type.architecture,
        "vcpu-info.default-vcpus": type.vcpus,
        "memory-info.size-in-mib": type.memoryMib,
        "burstable-performance-supported": type.burstable,
        "current-generation": !PREVIOUS.includes(type),
        "supported-virtualization-type": "hvm",
        "bare-metal": false,
      }),
  );
  const { items, next } = paged(found, ({ name }) => name, paging);
  return { InstanceTypes: items.map(shown), ...next };
});

export const describeInstanceTypeOfferings = ec2Operation(
  DescribeInstanceTypeOfferings$,
  (scope, { LocationType = "region", Filters, ...paging }) => {
    const locations = LocationType === "region" ? [scope.region] : zonesOf(scope);
    const all = TYPES.flatMap(({ name }) => locations.map((location) => ({ name, location })));
    const found = all.filter(({ name, location }) => fits(Filters, { "instance-type": name, location }));
    const { items, next } = paged(found, ({ name, location }) => `${name} ${location}`, paging);
    const InstanceTypeOfferings = items.map(({ name, location }) => ({ InstanceType: name as never, LocationType, Location: location }));
    return { InstanceTypeOfferings, ...next };
  },
);

export const requireType = (name: string): InstanceType =>
  TYPES.find((type) => type.name === name) ?? fault("InvalidInstanceType", `The following supplied instance types do not exist: [${name}]`);

const shown = (type: InstanceType): InstanceTypeInfo => ({
  InstanceType: type.name as never,
  CurrentGeneration: !PREVIOUS.includes(type),
  SupportedUsageClasses: ["on-demand"],
  SupportedRootDeviceTypes: ["ebs"],
  SupportedVirtualizationTypes: ["hvm"],
  BareMetal: false,
  Hypervisor: "nitro",
  ProcessorInfo: { SupportedArchitectures: [type.architecture] },
  VCpuInfo: { DefaultVCpus: type.vcpus },
  MemoryInfo: { SizeInMiB: type.memoryMib },
  InstanceStorageSupported: false,
  BurstablePerformanceSupported: type.burstable,
  DedicatedHostsSupported: false,
  AutoRecoverySupported: false,
});
