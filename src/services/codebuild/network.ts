import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { InvalidInputException } from "../../sdk/codebuild.js";
import { securityGroupOf, subnetOf, vpcOf } from "../ec2/api.ts";
import type { Declaration } from "./project.ts";

type VpcConfig = NonNullable<Declaration["vpcConfig"]>;

const SUBNETS_MAX = 16;
const SECURITY_GROUPS_MAX = 5;

const invalid = (message: string): never => fault(InvalidInputException, message);

/** Refuse a network that is not whole or not there. Answers whether one is named. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_VpcConfig.html */
export function checkVpc(scope: Scope, vpcConfig: VpcConfig = {}): boolean {
  const { vpcId, subnets = [], securityGroupIds = [] } = vpcConfig;
  if (!vpcId) {
    if (subnets.length + securityGroupIds.length > 0) invalid("Invalid vpc config: a VPC ID is required");
    return false;
  }
  if (subnets.length === 0) invalid("Invalid vpc config: at least one subnet is required");
  if (securityGroupIds.length === 0) invalid("Invalid vpc config: at least one security group is required");
  if (subnets.length > SUBNETS_MAX) invalid(`Invalid vpc config: at most ${SUBNETS_MAX} subnets are allowed`);
  if (securityGroupIds.length > SECURITY_GROUPS_MAX) {
    invalid(`Invalid vpc config: at most ${SECURITY_GROUPS_MAX} security groups are allowed`);
  }
  const problem = networkProblem(scope, vpcConfig);
  if (problem !== undefined) invalid(problem);
  return true;
}

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
