import { idsFrom } from "../../kernel/id.ts";
import type { Partition } from "../../kernel/table.ts";

/** The id of a part of the default VPC: the same whenever it is asked for. */
export const defaultId = ({ account, region }: Partition, prefix: string, name: string = prefix): string =>
  `${prefix}-0${idsFrom(`default network of ${account} ${region}: ${name}`).hex(16)}`;

/** https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html */
export const DEFAULT_CIDR = "172.31.0.0/16";
export const DEFAULT_SUBNET_CIDRS: readonly string[] = ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"];
