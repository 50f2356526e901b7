import type { Scope } from "../../kernel/scope.ts";
import { securityGroupOf, subnetOf, vpcOf } from "../ec2/api.ts";
import type { Declaration } from "./project.ts";

type VpcConfig = NonNullable<Declaration["vpcConfig"]>;

/**
 * What is wrong with the network that a project names, in EC2's words; undefined where all of it is there. Builds run on this machine
 * and reach what it reaches.
 */
export function networkProblem(scope: Scope, { vpcId, subnets = [], securityGroupIds = [] }: VpcConfig = {}): string | undefined {
  if (!vpcId || isRecorded(scope)) return undefined;
  if (vpcOf(scope, vpcId) === undefined) return `The vpc ID '${vpcId}' does not exist`;
  for (const id of subnets) {
    const subnet = subnetOf(scope, id);
    if (subnet === undefined) return `The subnet ID '${id}' does not exist`;
    if (subnet.vpcId !== vpcId) return `The subnet '${id}' does not belong to the VPC '${vpcId}'`;
  }
  for (const id of securityGroupIds) {
    const group = securityGroupOf(scope, id);
    if (group === undefined) return `The security group '${id}' does not exist`;
    if (group.vpcId !== vpcId) return `The security group '${id}' does not belong to the VPC '${vpcId}'`;
  }
  return undefined;
}

/** Networks that a stack may have though nothing carries them out are in no table. */
const isRecorded = ({ settings: { recordedTypes = [] } }: Scope): boolean =>
  recordedTypes.some((name) => name.startsWith("AWS::EC2::") || "AWS::EC2::".startsWith(name.replace(/\*$/, "")));
