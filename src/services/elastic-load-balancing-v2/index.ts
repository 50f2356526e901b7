import { service } from "../../kernel/service.ts";
import * as listener from "./listener.ts";
import { loadBalancerLoop } from "./load-balancer.loop.ts";
import * as balancer from "./load-balancer.ts";
import { resources } from "./resources.ts";
import * as rule from "./rule.ts";
import * as tag from "./tag.ts";
import { targetLoop } from "./target.loop.ts";
import * as target from "./target.ts";
import * as group from "./target-group.ts";

export const elasticLoadBalancingV2 = service({
  name: "elastic-load-balancing-v2",
  operations: [
    balancer.createLoadBalancer,
    balancer.deleteLoadBalancer,
    balancer.describeCapacityReservation,
    balancer.describeLoadBalancerAttributes,
    balancer.describeLoadBalancers,
    balancer.modifyLoadBalancerAttributes,
    balancer.setIpAddressType,
    balancer.setSecurityGroups,
    balancer.setSubnets,
    listener.createListener,
    listener.deleteListener,
    listener.describeListenerAttributes,
    listener.describeListeners,
    listener.modifyListener,
    rule.createRule,
    rule.deleteRule,
    rule.describeRules,
    rule.modifyRule,
    rule.setRulePriorities,
    group.createTargetGroup,
    group.deleteTargetGroup,
    group.describeTargetGroupAttributes,
    group.describeTargetGroups,
    group.modifyTargetGroup,
    group.modifyTargetGroupAttributes,
    target.deregisterTargets,
    target.describeTargetHealth,
    target.registerTargets,
    tag.addTags,
    tag.describeTags,
    tag.removeTags,
  ],
  tables: [balancer.loadBalancers, balancer.addresses, listener.listeners, rule.rules, group.targetGroups, target.targets],
  loops: [loadBalancerLoop, targetLoop],
  resources,
});
