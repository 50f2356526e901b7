import { consoles, ensureJob, forgetJob, isOver, type Job, jobs, stopJob } from "../../compute/job.ts";
import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { PROGRAMS } from "./image.ts";
import { enterState, type Instance, instances } from "./instance.ts";
import { metadataOf } from "./instance-metadata.ts";
import { stop, terminate } from "./instance-state.ts";
import { releaseAddress } from "./network-address.ts";
import { forgetTags } from "./tag.ts";
import { releaseVolumes } from "./volume.ts";

/** A terminated instance is told of for about an hour. */
const REMEMBERED_MS = 3_600_000;

/** Takes an instance through its life: each start is a job, and its files are kept as long as a job's row names it. */
export const instanceLoop: Loop<Instance> = {
  table: instances,
  turn(scope, instance) {
    switch (instance.state) {
      case "pending":
        return boot(scope, instance);
      case "running":
        return keepRunning(scope, instance);
      case "stopping":
      case "shutting-down":
        return shutDown(scope, instance);
      case "stopped":
        return undefined;
      case "terminated":
        return forget(scope, instance);
    }
  },
};

export const jobOf = ({ id, boot: nth }: Pick<Instance, "id" | "boot">): string => `ec2/${id}/${String(nth).padStart(6, "0")}`;

function boot(scope: Scope, instance: Instance): Rest | undefined {
  const job = ensureRunning(scope, instance);
  if (job.status === "PENDING") return { kind: "wait", because: "the instance is being started" };
  if (job.status === "RUNNING") enterState(scope, instance, "running");
  else if (job.status === "LOST") instances.patch(scope, instance.id, { boot: instance.boot + 1 });
  else
    enterState(scope, instance, "shutting-down", {
      reason: { code: "Server.InternalError", message: `Server.InternalError: ${job.reason}`, transition: "Server.InternalError" },
    });
  return undefined;
}

function keepRunning(scope: Scope, instance: Instance): Rest | undefined {
  const job = ensureRunning(scope, instance);
  if (instance.rebootRequested && !isOver(job)) {
    stopJob(scope, job.id);
    return { kind: "wait", because: "the instance is rebooting" };
  }
  if (!isOver(job)) return tellItself(scope, instance, job);
  // The machine under it was restarted, or a user asked for a reboot: its next start, with the same files.
  if (job.status === "LOST" || instance.rebootRequested) {
    instances.patch(scope, instance.id, { boot: instance.boot + 1, rebootRequested: undefined });
    return undefined;
  }
  if (instance.shutdownBehavior === "terminate") terminate(scope, instance, "itself");
  else stop(scope, instance, "itself");
  return undefined;
}

/** Its tags and its role may change while it runs. */
function tellItself(scope: Scope, instance: Instance, job: Job): undefined {
  const spec = specOf(scope, instance);
  if (JSON.stringify(job.spec) !== JSON.stringify(spec)) jobs.patch(scope, job.id, { spec });
}

function shutDown(scope: Scope, instance: Instance): Rest | undefined {
  const job = jobs.get(scope, jobOf(instance));
  if (job !== undefined && !isOver(job)) {
    stopJob(scope, job.id);
    if (!isOver(jobs.get(scope, job.id)!)) return { kind: "wait", because: "the processes of the instance are ending" };
  }
  if (instance.state === "stopping") {
    enterState(scope, instance, "stopped");
    return undefined;
  }
  releaseAddress(scope, instance.subnetId, instance.privateIp);
  releaseVolumes(scope, instance.id);
  // Nothing names its files any more.
  for (const { id } of jobs.list(scope, `ec2/${instance.id}/`)) forgetJob(scope, id);
  enterState(scope, instance, "terminated", { terminatedAt: scope.clock.now(), profile: undefined });
  return undefined;
}

function forget(scope: Scope, instance: Instance): Rest | undefined {
  const until = instance.terminatedAt! + REMEMBERED_MS;
  if (scope.clock.now() < until) return { wakeAt: until, kind: "tick", because: "a terminated instance is remembered for an hour" };
  forgetTags(scope, instance.id);
  consoles.remove(scope, instance.id);
  instances.remove(scope, instance.id);
  return undefined;
}

/** The job of the present start; those of earlier starts are forgotten once it is there. */
function ensureRunning(scope: Scope, instance: Instance): Job {
  const id = jobOf(instance);
  const job = ensureJob(scope, id, specOf(scope, instance), "service");
  for (const earlier of jobs.list(scope, `ec2/${instance.id}/`)) if (earlier.id !== id) forgetJob(scope, earlier.id);
  return job;
}

function specOf(scope: Scope, instance: Instance): Extract<Job["spec"], { type: "instance" }> {
  const { id, profile } = instance;
  return {
    type: "instance",
    instanceId: id,
    hostName: `ip-${instance.privateIp.replaceAll(".", "-")}`,
    region: scope.region,
    metadata: metadataOf(scope, instance),
    metadataTokens: instance.metadataTokens,
    ...(profile?.identity !== undefined && {
      role: { name: profile.roleName!, profileArn: profile.arn, profileId: profile.profileId, identity: profile.identity },
    }),
    ...(instance.userData !== undefined && { userData: instance.userData }),
    programs: PROGRAMS,
  };
}
