import type { Context } from "./context.ts";
import { asSection, isAbsent, isTruthy, member, type Section, unlessEmpty, type Value } from "./draft.ts";
import { getAtt } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { boolean, map, mayBeLiteral, mustBeLiteral, oneOf, text } from "./property.ts";
import { type Resource, resource } from "./resource.ts";
import { managedPolicyArn, trustOf } from "./role.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";
import { anyShape, checkShape, integerShape, listShape, mapShape, numberShape } from "./shape.ts";
import { combineTags, tagList } from "./tag.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-capacityprovider.html */
export const capacityProvider: ServerlessType = {
  type: "AWS::Serverless::CapacityProvider",
  properties: {
    CapacityProviderName: mayBeLiteral(oneOf(text, map)),
    VpcConfig: mustBeLiteral(map),
    OperatorRole: mayBeLiteral(oneOf(text, map)),
    Tags: mayBeLiteral(map),
    PropagateTags: mayBeLiteral(boolean),
    InstanceRequirements: mayBeLiteral(map),
    ScalingConfig: mayBeLiteral(map),
    KmsKeyArn: mayBeLiteral(oneOf(text, map)),
  },
  transform(declared, context) {
    const { id, properties } = declared;
    checkShape(id, properties, shape);
    const requirements = properties["InstanceRequirements"];
    if (["AllowedTypes", "ExcludedTypes"].every((name) => !isAbsent(member(requirements, name)))) {
      const [one, other] = ["'InstanceRequirements.AllowedTypes'", "'InstanceRequirements.ExcludedTypes'"];
      throw invalidResource(id, `Cannot specify ${one} and ${other} together.`);
    }
    const { OperatorRole, PropagateTags, Tags } = properties;
    const roles = isTruthy(OperatorRole) ? [] : [operatorRole(declared, context)];
    const role = isTruthy(OperatorRole) ? OperatorRole : getAtt(roles[0]!.id, "Arn");
    const resources = [...roles, provider(declared, role)];
    combineTags(resources, Tags, PropagateTags);
    return resources;
  },
};

const shape = mapShape({
  CapacityProviderName: anyShape,
  VpcConfig: mapShape({ SecurityGroupIds: listShape, SubnetIds: listShape }, ["SubnetIds"]),
  OperatorRole: anyShape,
  Tags: anyShape,
  PropagateTags: anyShape,
  InstanceRequirements: mapShape({ Architectures: listShape, AllowedTypes: listShape, ExcludedTypes: listShape }),
  ScalingConfig: mapShape({ MaxVCpuCount: integerShape, AverageCPUUtilization: numberShape }),
  KmsKeyArn: anyShape,
});

const tagsWithMark = (tags: Value): Value[] => tagList({ ...asSection(tags), "lambda:createdBy": "SAM" });

function provider({ id, properties, attributes, dependsOn }: Declared, role: Value): Resource {
  const { CapacityProviderName, InstanceRequirements, KmsKeyArn, ScalingConfig, Tags, VpcConfig } = properties;
  const { AllowedTypes, Architectures, ExcludedTypes } = asSection(InstanceRequirements);
  const { SecurityGroupIds, SubnetIds } = asSection(VpcConfig);
  const made = {
    CapacityProviderName: unlessEmpty(CapacityProviderName),
    VpcConfig: { SubnetIds, ...set("SecurityGroupIds", SecurityGroupIds) },
    PermissionsConfig: { CapacityProviderOperatorRoleArn: role },
    Tags: tagsWithMark(Tags),
    InstanceRequirements: isTruthy(InstanceRequirements)
      ? {
          ...set("Architectures", Architectures),
          ...set("AllowedInstanceTypes", AllowedTypes),
          ...set("ExcludedInstanceTypes", ExcludedTypes),
        }
      : undefined,
    CapacityProviderScalingConfig: isTruthy(ScalingConfig) ? scaling(asSection(ScalingConfig)) : undefined,
    KmsKeyArn: unlessEmpty(KmsKeyArn),
  };
  return resource("AWS::Lambda::CapacityProvider", id, made, attributes, dependsOn);
}

const set = (name: string, value: Value): Section => (isAbsent(value) ? {} : { [name]: value });

function scaling({ AverageCPUUtilization, MaxVCpuCount }: Section): Section {
  const count = set("MaxVCpuCount", MaxVCpuCount);
  if (isAbsent(AverageCPUUtilization)) return { ...count, ScalingMode: "Auto" };
  const policy = { PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization", TargetValue: AverageCPUUtilization };
  return { ...count, ScalingMode: "Manual", ScalingPolicies: [policy] };
}

function operatorRole({ id, passedOn }: Declared, context: Context): Resource {
  const made = {
    AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
    ManagedPolicyArns: [managedPolicyArn(context, "AWSLambdaManagedEC2ResourceOperator")],
    Tags: tagsWithMark(undefined),
  };
  return resource("AWS::IAM::Role", `${id}OperatorRole`, made, passedOn);
}
