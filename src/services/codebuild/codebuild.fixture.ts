import { type CommandOutput, type CommandSpec, type HttpSpec, type Job, jobs, type KeptOutput } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import type { Loop } from "../../kernel/loop.ts";
import { World } from "../../testing/world.ts";
import { codecommit } from "../codecommit/index.ts";
import { codeconnections } from "../codeconnections/index.ts";
import { ec2 } from "../ec2/index.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { kms } from "../kms/index.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3 } from "../s3/index.ts";
import { secretsManager } from "../secrets-manager/index.ts";
import { ssm } from "../ssm/index.ts";
import { batchGetBuilds, startBuild } from "./build-operations.ts";
import { codebuild } from "./index.ts";
import { createProject } from "./project.ts";

export const ROLE = "arn:aws:iam::111122223333:role/build";

/** What the work outside leaves, besides what the variables of a build say. */
export interface Leavings {
  /** The files that an output of that name finds, with their texts. */
  readonly files?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the shell makes of the keys of a cache. */
  readonly keys?: readonly string[];
  /** What git comes to, where connections are used. */
  readonly git?: Loop<Job>;
  /** The text of the buildspec in the source. */
  readonly buildspec?: string;
  readonly trust?: "enforced";
  /** What the servers of sources answer. */
  readonly server?: (asked: HttpSpec) => { readonly status: number; readonly body?: object };
}

/**
 * A world in which the commands of a build take one second for each phase but INSTALL. Variables of the build say what happens: FAIL makes
 * its first command fail, TAKES is how long that takes in seconds, LOSE loses the process.
 */
export function world(leavings: Leavings = {}): World {
  const blobs: { write(text: string): { digest: string; size: number } } = { write: () => ({ digest: "", size: 0 }) };
  const others = simulatedHands((job) => outcomeOf(job, leavings, blobs.write));
  const { git = others, trust = "open" } = leavings;
  const hands: Loop<Job> = { table: jobs, turn: (scope, job) => (job.spec.type === "git" ? git : others).turn(scope, job) };
  const services = [iam, kms, secretsManager, ssm, s3, ec2, codecommit, codeconnections, codebuild];
  const cloud = new World({ services, hands, start: 0, trust });
  blobs.write = (text) => cloud.blobs.write(Buffer.from(text));
  blobs.write("zip");
  return cloud;
}

function outcomeOf(
  { id, spec }: Job,
  { files = {}, keys, buildspec, server }: Leavings,
  write: (text: string) => { digest: string; size: number },
): SimulatedOutcome {
  if (spec.type === "http" && server !== undefined) {
    const { status, body = {} } = server(spec);
    return { afterMs: 100, status: "SUCCEEDED", result: { response: { status, headers: {}, body: JSON.stringify(body) } } };
  }
  const { env, outputs = [] } = spec as CommandSpec;
  if (env["LOSE"] !== undefined && id.endsWith("/commands")) return { afterMs: 500, status: "LOST" };
  if (id.endsWith("/commands")) return commands(env);
  const kept = (output: CommandOutput): KeptOutput => {
    if (output.type === "zip") return write("zip");
    if (output.name === "buildspec") return buildspec === undefined ? {} : { text: buildspec };
    if (output.type === "file") return output.name === "keys" && keys !== undefined ? { text: `${keys.join("\n")}\n` } : {};
    const found = Object.entries(files[output.name] ?? {}).map(([path, text]) => ({ path, ...write(text) }));
    return found.length === 0 ? {} : { files: found };
  };
  return { afterMs: 100, status: "SUCCEEDED", result: { outputs: Object.fromEntries(outputs.map((one) => [one.name, kept(one)])) } };
}

function commands({ FAIL, TAKES = "1" }: Readonly<Record<string, string>>): SimulatedOutcome {
  const done = 1000 + Number(TAKES) * 1000;
  const progress = [
    { afterMs: 0, text: "enter INSTALL" },
    { afterMs: 0, text: "leave INSTALL 0 -" },
    { afterMs: 0, text: "enter PRE_BUILD" },
    { afterMs: 1000, text: "leave PRE_BUILD 0 -" },
    { afterMs: 1000, text: "enter BUILD" },
    { afterMs: done, text: `leave BUILD ${FAIL === undefined ? "0 -" : "1 build:0"}` },
    { afterMs: done, text: "enter POST_BUILD" },
    { afterMs: done + 1000, text: "leave POST_BUILD 0 -" },
  ];
  return { afterMs: done + 1000, status: "SUCCEEDED", progress, result: { outputs: {} } };
}

/** A project of no source called shop, and the bucket `things`. */
export async function createShop(cloud: World, buildspec: string, more: object = {}): Promise<void> {
  await cloud.call(createRole, { RoleName: "build", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) });
  await cloud.call(createBucket, { Bucket: "things", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await cloud.call(createProject, {
    name: "shop",
    source: { type: "NO_SOURCE", buildspec },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: ROLE,
    ...more,
  });
}

export const variables = (given: Readonly<Record<string, string>>) => Object.entries(given).map(([name, value]) => ({ name, value }));

export async function start(cloud: World, given: Readonly<Record<string, string>> = {}): Promise<string> {
  const { build } = await cloud.call(startBuild, { projectName: "shop", environmentVariablesOverride: variables(given) });
  return build!.id!;
}

export const get = async (cloud: World, id: string) => (await cloud.call(batchGetBuilds, { ids: [id] })).builds![0]!;
