import { X509Certificate } from "node:crypto";
import type { Scope } from "../../kernel/scope.ts";
import type { VpcConfiguration } from "../../sdk/codeconnections.js";
import { securityGroupOf, subnetOf, vpcOf } from "../ec2/api.ts";

/** Why a host cannot be reached by its VPC configuration, in a sentence; undefined where it can. The sentences are ours. */
export function vpcProblem(scope: Scope, configuration: VpcConfiguration): string | undefined {
  const { VpcId: vpcId, SubnetIds = [], SecurityGroupIds = [], TlsCertificate } = configuration;
  if (vpcOf(scope, vpcId!) === undefined) return `The VPC ${vpcId} does not exist.`;
  const subnet = SubnetIds.find((id) => subnetOf(scope, id)?.vpcId !== vpcId);
  if (subnet !== undefined) return `The subnet ${subnet} is not in the VPC ${vpcId}.`;
  const group = SecurityGroupIds.find((id) => securityGroupOf(scope, id)?.vpcId !== vpcId);
  if (group !== undefined) return `The security group ${group} is not in the VPC ${vpcId}.`;
  if (TlsCertificate !== undefined && !isCertificate(TlsCertificate)) return "The TLS certificate is not a certificate in PEM format.";
  return undefined;
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}
