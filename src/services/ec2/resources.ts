import type { ResourceType } from "../../kernel/resource.ts";
import { instanceResource } from "./resource-instance.ts";
import { launchTemplateResource } from "./resource-launch-template.ts";
import { securityGroupEgressResource, securityGroupIngressResource, securityGroupResource } from "./resource-security-group.ts";

export const resources: readonly ResourceType[] = [
  instanceResource,
  launchTemplateResource,
  securityGroupResource,
  securityGroupIngressResource,
  securityGroupEgressResource,
];
