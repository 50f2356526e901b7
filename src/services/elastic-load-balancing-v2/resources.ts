import type { ResourceType } from "../../kernel/resource.ts";
import { listenerResource, listenerRuleResource } from "./resource-listener.ts";
import { loadBalancerResource } from "./resource-load-balancer.ts";
import { targetGroupResource } from "./resource-target-group.ts";

export const resources: readonly ResourceType[] = [loadBalancerResource, targetGroupResource, listenerResource, listenerRuleResource];
