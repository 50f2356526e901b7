import { service } from "../../kernel/service.ts";
import { describeImages } from "./image.ts";
import { instanceLoop } from "./instance.loop.ts";
import { describeInstances, instances } from "./instance.ts";
import * as attribute from "./instance-attribute.ts";
import * as state from "./instance-state.ts";
import { describeInstanceStatus, getConsoleOutput } from "./instance-status.ts";
import { describeInstanceTypeOfferings, describeInstanceTypes } from "./instance-type.ts";
import { deleteKeyPair, describeKeyPairs, importKeyPair, keyPairs } from "./key-pair.ts";
import * as template from "./launch-template.ts";
import * as templateVersion from "./launch-template-version.ts";
import { networkAddresses } from "./network-address.ts";
import { describeNetworkInterfaces } from "./network-interface.ts";
import * as profile from "./profile-association.ts";
import { resources } from "./resources.ts";
import { describeInternetGateways, describeRouteTables, describeVpnGateways } from "./route-table.ts";
import { runInstances } from "./run.ts";
import * as group from "./security-group.ts";
import * as rule from "./security-group-rule.ts";
import * as subnet from "./subnet.ts";
import * as tag from "./tag.ts";
import * as tagging from "./tagging.ts";
import { deleteVolume, describeVolumes, volumes } from "./volume.ts";
import * as vpc from "./vpc.ts";
import { describeAvailabilityZones, describeRegions } from "./zone.ts";

export const ec2 = service({
  name: "ec2",
  operations: [
    runInstances,
    describeInstances,
    describeInstanceStatus,
    getConsoleOutput,
    state.startInstances,
    state.stopInstances,
    state.rebootInstances,
    state.terminateInstances,
    attribute.describeInstanceAttribute,
    attribute.describeInstanceCreditSpecifications,
    attribute.modifyInstanceAttribute,
    attribute.modifyInstanceMetadataOptions,
    attribute.monitorInstances,
    attribute.unmonitorInstances,
    profile.associateIamInstanceProfile,
    profile.describeIamInstanceProfileAssociations,
    profile.disassociateIamInstanceProfile,
    profile.replaceIamInstanceProfileAssociation,
    describeImages,
    describeVolumes,
    deleteVolume,
    describeInstanceTypes,
    describeInstanceTypeOfferings,
    template.createLaunchTemplate,
    template.deleteLaunchTemplate,
    template.describeLaunchTemplates,
    template.modifyLaunchTemplate,
    templateVersion.createLaunchTemplateVersion,
    templateVersion.deleteLaunchTemplateVersions,
    templateVersion.describeLaunchTemplateVersions,
    importKeyPair,
    describeKeyPairs,
    deleteKeyPair,
    tagging.createTags,
    tagging.deleteTags,
    tag.describeTags,
    describeRegions,
    describeAvailabilityZones,
    vpc.createVpc,
    vpc.deleteVpc,
    vpc.describeVpcAttribute,
    vpc.describeVpcs,
    vpc.modifyVpcAttribute,
    describeNetworkInterfaces,
    describeInternetGateways,
    describeRouteTables,
    describeVpnGateways,
    subnet.createSubnet,
    subnet.deleteSubnet,
    subnet.describeSubnets,
    subnet.modifySubnetAttribute,
    group.createSecurityGroup,
    group.deleteSecurityGroup,
    group.describeSecurityGroups,
    rule.authorizeSecurityGroupEgress,
    rule.authorizeSecurityGroupIngress,
    rule.describeSecurityGroupRules,
    rule.revokeSecurityGroupEgress,
    rule.revokeSecurityGroupIngress,
  ],
  tables: [
    instances,
    networkAddresses,
    keyPairs,
    volumes,
    template.launchTemplates,
    template.launchTemplateVersions,
    tag.tags,
    vpc.vpcs.table,
    subnet.subnets.table,
    group.securityGroups.table,
  ],
  loops: [instanceLoop],
  resources,
});
