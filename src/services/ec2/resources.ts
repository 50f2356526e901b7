import type { ResourceType } from "../../kernel/resource.ts";
import { launchTemplateResource } from "./resource-launch-template.ts";
import { securityGroupEgressResource, securityGroupIngressResource, securityGroupResource } from "./resource-security-group.ts";

export const resources: readonly ResourceType[] = [
  launchTemplateResource,
  securityGroupResource,
  securityGroupIngressResource,
  securityGroupEgressResource,
];
