import type { Loop } from "../../kernel/loop.ts";
import { type Host, hosts } from "./host.ts";
import { vpcProblem } from "./vpc-configuration.ts";

/** Prepares the VPC configuration of a host, and takes it away. */
export const hostLoop: Loop<Host> = {
  table: hosts,
  turn(scope, { id, status, vpc, settlesAt = 0, becomes }) {
    if (status !== "VPC_CONFIG_INITIALIZING" && status !== "VPC_CONFIG_DELETING") return;
    if (scope.clock.now() < settlesAt) return { wakeAt: settlesAt, kind: "wait", because: `host ${id} is in ${status}` };
    if (status === "VPC_CONFIG_DELETING") return hosts.remove(scope, id);
    const problem = vpcProblem(scope, vpc!);
    hosts.patch(scope, id, {
      settlesAt: undefined,
      becomes: undefined,
      ...(problem === undefined ? { status: becomes! } : { status: "VPC_CONFIG_FAILED_INITIALIZATION" as const, statusMessage: problem }),
    });
  },
};
