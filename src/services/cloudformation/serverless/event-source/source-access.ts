import { isList, isTruthy, type Section, type Value } from "../draft.ts";
import { eventOwner, expectMap, expectText } from "../expect.ts";
import { sub } from "../intrinsic.ts";
import { invalidEvent } from "../invalid.ts";
import { literal } from "../python.ts";
import type { DeclaredEvent } from "./event-source.ts";

export const statement = (actions: string[], on: Value): Section => ({ Action: actions, Effect: "Allow", Resource: on });

export const readSecret = (uri: Value): Section => statement(["secretsmanager:GetSecretValue"], uri);

/** That the secret's key may be used, where it is not AWS's own. */
export function decryptSecret({ name, properties }: DeclaredEvent): Section[] {
  const key = properties["SecretsManagerKmsKeyId"];
  if (!isTruthy(key)) return [];
  const id = expectText(key, eventOwner(name), "SecretsManagerKmsKeyId");
  return [statement(["kms:Decrypt"], sub(`arn:\${AWS::Partition}:kms:\${AWS::Region}:\${AWS::AccountId}:key/${id}`))];
}

/** That the mapping may put network interfaces into the VPC of the source. */
export const useVpc = (): Section =>
  statement(
    [
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeVpcs",
      "ec2:DescribeSubnets",
      "ec2:DescribeSecurityGroups",
    ],
    "*",
  );

/** The URI of the one access configuration of the required type. */
export function requiredAccess({ name, properties }: DeclaredEvent, type: string, supported: string[], required: string): Value {
  const invalid = (message: string): never => {
    throw invalidEvent(name, message);
  };
  const all = properties["SourceAccessConfigurations"];
  if (!isTruthy(all)) return invalid(`No SourceAccessConfigurations for Amazon ${type} event provided.`);
  if (!isList(all)) return invalid("Provided SourceAccessConfigurations cannot be parsed into a list.");
  let found: Value;
  for (const [index, each] of all.entries()) {
    const path = `SourceAccessConfigurations[${index}]`;
    const { Type, URI } = expectMap(each, eventOwner(name), path);
    const its = expectText(Type, eventOwner(name), `${path}.Type`);
    if (!supported.includes(its)) {
      invalid(`Invalid property Type specified in SourceAccessConfigurations. The supported values are: ${literal(supported)}.`);
    }
    if (its !== required) continue;
    if (isTruthy(found)) invalid(`Multiple ${required} properties specified in SourceAccessConfigurations.`);
    found = URI;
    if (!isTruthy(found)) invalid(`No ${required} URI property specified in SourceAccessConfigurations.`);
  }
  return isTruthy(found) ? found : invalid(`No ${required} property specified in SourceAccessConfigurations.`);
}
