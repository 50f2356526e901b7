import type { Loop } from "../../kernel/loop.ts";
import { type LoadBalancer, loadBalancers } from "./load-balancer.ts";

/** A balancer is active at once; its listeners open when they are there. */
export const loadBalancerLoop: Loop<LoadBalancer> = {
  table: loadBalancers,
  turn(scope, { id, state }) {
    if (state === "provisioning") loadBalancers.patch(scope, id, { state: "active" });
  },
};
