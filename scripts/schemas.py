"""Write data/resource-schemas.json: the registry's schemas of resource types, as cfn-lint (MIT-0) keeps them.

A type's schema says which values its properties take, which of them are only written or only read, and which lists have
no order. Run it when cfn-lint or the list of services has changed:  python3 scripts/schemas.py
"""

import importlib
import json
import os

import cfnlint

ROOT = os.path.join(os.path.dirname(__file__), "..")
SCHEMAS = os.path.join(os.path.dirname(cfnlint.__file__), "data", "schemas")
REGION = "us_east_1"
NAMESPACES = (
    "CloudFormation CloudWatch CodeBuild CodeCommit CodeConnections CodeDeploy CodePipeline CodeStarConnections CodeStarNotifications "
    "ECR Events IAM KMS Lambda Logs Organizations S3 SecretsManager SNS SQS SSM"
).split()
# Of namespaces with many types, only those that there are.
TYPES = (
    "AWS::AutoScaling::AutoScalingGroup AWS::AutoScaling::LifecycleHook AWS::EC2::Instance AWS::EC2::LaunchTemplate "
    "AWS::EC2::SecurityGroup "
    "AWS::EC2::SecurityGroupEgress AWS::EC2::SecurityGroupIngress "
    "AWS::ElasticLoadBalancingV2::Listener AWS::ElasticLoadBalancingV2::ListenerRule AWS::ElasticLoadBalancingV2::LoadBalancer "
    "AWS::ElasticLoadBalancingV2::TargetGroup"
).split()
# What tells a reader, a provider's own machinery, or cfn-lint something, and says nothing about values.
LEFT_OUT = (
    "$comment $schema additionalIdentifiers conditionalCreateOnlyProperties dependentExcluded deprecatedProperties description "
    "documentationUrl format handlers propertyTransform replacementStrategy requiredOr requiredXor resourceLink sourceUrl "
    "taggable title typeName"
).split()


def kept(value, of_names=False):
    """A schema without what is left out; the members of `properties` and the like are names, not keywords."""
    if isinstance(value, dict):
        return {
            key: kept(member, key in ("properties", "definitions", "patternProperties") and not of_names)
            for key, member in sorted(value.items())
            if of_names or key not in LEFT_OUT
        }
    return [kept(member) for member in value] if isinstance(value, list) else value


types = importlib.import_module(f"cfnlint.data.schemas.providers.{REGION}").types
found = {}
for name, digest in sorted(types.items()):
    if name in TYPES or (name.startswith("AWS::") and name.split("::")[1] in NAMESPACES):
        with open(os.path.join(SCHEMAS, "resources", f"{digest}.json")) as file:
            found[name] = kept(json.load(file))
with open(os.path.join(ROOT, "data", "resource-schemas.json"), "w") as file:
    # A type a line, so that a change of one is seen as such.
    lines = ",\n".join(f'{json.dumps(name)}: {json.dumps(schema, separators=(",", ":"))}' for name, schema in found.items())
    file.write("{\n" + lines + "\n}\n")
