import { present } from "../../kernel/json.ts";
import { attempt, type Progress, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { type Instance, instances, privateName, publicName, stateOf } from "./instance.ts";
import { terminate } from "./instance-state.ts";
import { profileOf } from "./profile-association.ts";
import { launch, launchOf } from "./run.ts";
import { securityGroups } from "./security-group.ts";
import { tagsFor, tags as tagTable } from "./tag.ts";

type Properties = Readonly<Record<string, any>>;

const flag = (value: unknown): boolean => String(value) === "true";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html; its id is the instance's. */
export const instanceResource: ResourceType<Properties> = {
  type: "AWS::EC2::Instance",
  ensure(scope, declared, id, { tags, token }) {
    const settled = attempt(
      scope,
      () => {
        const known = id === undefined ? instances.by(scope, "clientToken", token)[0] : instances.get(scope, id)!;
        const instance = known ?? start(scope, declared, token);
        settle(scope, instance, declared, id !== undefined);
        tagTable.put(scope, {
          id: instance.id,
          tags: { ...(id === undefined && tagsFor(scope, instance.id)), ...allTags(tags, declared["Tags"]) },
        });
        return instance.id;
      },
      id,
    );
    return settled.state === "done" ? whenRunning(scope, settled.id) : settled;
  },
  read(scope, id) {
    const instance = instances.get(scope, id);
    return instance === undefined || isGone(instance) ? undefined : live(scope, instance);
  },
  remove(scope, id) {
    const instance = instances.get(scope, id);
    if (instance === undefined || instance.state === "terminated") return { state: "done", id };
    if (instance.terminationProtection) {
      const reason = `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
      return { state: "failed", id, reason, code: "OperationNotPermitted" };
    }
    terminate(scope, instance);
    return { state: "busy", id, because: "the instance is shutting down" };
  },
  list: (scope) => instances.list(scope).flatMap((instance) => (isGone(instance) ? [] : [instance.id])),
  // AWS stops the instance for a change of these; here it is a new one.
  replaceOn: ["EbsOptimized", "InstanceType", "MetadataOptions", "SecurityGroupIds", "UserData"],
  absent: {
    AdditionalInfo: [],
    Affinity: ["default"],
    BlockDeviceMappings: [],
    CpuOptions: [],
    CreditSpecification: [],
    ElasticGpuSpecifications: [],
    ElasticInferenceAccelerators: [],
    EnclaveOptions: [],
    HibernationOptions: [],
    HostId: [],
    HostResourceGroupArn: [],
    Ipv6AddressCount: [0],
    Ipv6Addresses: [],
    KernelId: [],
    LicenseSpecifications: [],
    "MetadataOptions/HttpEndpoint": ["enabled"],
    "MetadataOptions/HttpProtocolIpv6": ["disabled"],
    "MetadataOptions/HttpPutResponseHopLimit": [1, 2, 3],
    NetworkInterfaces: [],
    PlacementGroupName: [],
    PrivateDnsNameOptions: [],
    PropagateTagsToVolumeOnCreation: [false, true],
    RamdiskId: [],
    SsmAssociations: [],
    Tenancy: ["default"],
    Volumes: [],
  },
};

const isGone = ({ state }: Instance): boolean => state === "terminated" || state === "shutting-down";

function start(scope: Scope, declared: Properties, ClientToken: string): Instance {
  const { ImageId, InstanceType, KeyName, SubnetId, SecurityGroupIds, SecurityGroups, UserData, PrivateIpAddress } = declared;
  const { LaunchTemplate, AvailabilityZone, MetadataOptions, IamInstanceProfile, EbsOptimized } = declared;
  const wish = launchOf(scope, {
    MinCount: 1,
    MaxCount: 1,
    ClientToken,
    ImageId,
    InstanceType,
    KeyName,
    SubnetId,
    SecurityGroupIds,
    SecurityGroups,
    UserData,
    PrivateIpAddress,
    LaunchTemplate,
    MetadataOptions,
    Placement: AvailabilityZone === undefined ? undefined : { AvailabilityZone },
    IamInstanceProfile: IamInstanceProfile === undefined ? undefined : { Name: IamInstanceProfile },
    EbsOptimized: EbsOptimized === undefined ? undefined : flag(EbsOptimized),
  } as never);
  const [instance] = launch(scope, wish, 1);
  return instances.patch(scope, instance!.id, { declaredAs: { groupNames: SecurityGroups !== undefined, template: LaunchTemplate } });
}

/** What can be changed while it runs; a launch template may have said what is not declared. */
function settle(scope: Scope, instance: Instance, declared: Properties, isUpdate: boolean): void {
  const said = (name: string): boolean => isUpdate || declared[name] !== undefined;
  const { IamInstanceProfile: profileName } = declared;
  const isOther = said("IamInstanceProfile") && nameOf(instance) !== profileName;
  instances.patch(scope, instance.id, {
    ...(said("DisableApiTermination") && { terminationProtection: flag(declared["DisableApiTermination"]) }),
    ...(said("InstanceInitiatedShutdownBehavior") && { shutdownBehavior: declared["InstanceInitiatedShutdownBehavior"] ?? "stop" }),
    ...(said("Monitoring") && { monitoring: flag(declared["Monitoring"]) }),
    ...(said("SourceDestCheck") && { sourceDestCheck: flag(declared["SourceDestCheck"] ?? true) }),
    ...(isOther && { profile: profileOf(scope, { Name: profileName }, instance.id) }),
  });
}

const nameOf = ({ profile }: Instance): string | undefined => profile?.arn.split("/").at(-1);

function whenRunning(scope: Scope, id: string): Progress {
  const { state, reason } = instances.get(scope, id)!;
  if (state === "pending") return { state: "busy", id, because: "the instance is starting" };
  if (state === "running" || state === "stopped" || state === "stopping") return { state: "done", id };
  return { state: "failed", id, reason: `Instance ${id} failed to stabilize. Current state: ${state}. Reason: ${reason?.message ?? ""}` };
}

function live(scope: Scope, instance: Instance): Properties {
  const { declaredAs, publicIp, securityGroupIds } = instance;
  return present({
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    KeyName: instance.keyName,
    AvailabilityZone: instance.zone,
    SubnetId: instance.subnetId,
    VpcId: instance.vpcId,
    PrivateIp: instance.privateIp,
    PrivateIpAddress: instance.privateIp,
    PrivateDnsName: privateName(scope, instance.privateIp),
    PublicIp: publicIp ?? "",
    PublicDnsName: publicIp === undefined ? "" : publicName(scope, publicIp),
    SecurityGroupIds: declaredAs?.groupNames ? undefined : securityGroupIds,
    SecurityGroups: declaredAs?.groupNames ? securityGroupIds.map((group) => securityGroups.get(scope, group)?.name ?? group) : undefined,
    UserData: instance.userData,
    LaunchTemplate: declaredAs?.template,
    IamInstanceProfile: nameOf(instance),
    EbsOptimized: instance.ebsOptimized,
    DisableApiTermination: instance.terminationProtection,
    InstanceInitiatedShutdownBehavior: instance.shutdownBehavior,
    Monitoring: instance.monitoring,
    SourceDestCheck: instance.sourceDestCheck,
    MetadataOptions: { HttpTokens: instance.metadataTokens, InstanceMetadataTags: instance.tagsInMetadata ? "enabled" : "disabled" },
    State: { Name: instance.state, Code: String(stateOf(instance.state).Code) },
    Tags: tagList(tagsFor(scope, instance.id)),
  });
}
