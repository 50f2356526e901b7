import { type CommandInput, ensureJob, type Job } from "../../compute/job.ts";
import { isFault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { putObject } from "../s3/api.ts";
import { type BuildBatch, buildBatches } from "./batch.ts";
import { type Artifacts, builds } from "./build.ts";

const TIMEOUT_MS = 600_000;

export const combineJobId = ({ id }: BuildBatch): string => `codebuild/batch/${id}/combine`;

/** The job that makes one archive of what the builds of a batch have packed; undefined where nobody wants that. */
export function ensureCombineJob(scope: Scope, batch: BuildBatch): Job | undefined {
  const { buildBatchConfig, artifacts, serviceRole } = batch.declaration;
  if (!buildBatchConfig?.combineArtifacts || artifacts?.type === "NO_ARTIFACTS" || !isPacked(artifacts as Artifacts)) return undefined;
  const packed = batch.groups.flatMap(({ current }): CommandInput[] => {
    const build = current?.buildId === undefined ? undefined : builds.get(scope, current.buildId);
    const primary = build?.artifacts?.find(({ identifier }) => identifier === undefined);
    return primary === undefined ? [] : [{ path: "combined", digest: primary.digest, unpack: "zip" }];
  });
  if (packed.length === 0) return undefined;
  return ensureJob(scope, combineJobId(batch), {
    type: "command",
    identity: {
      accountId: scope.account,
      region: scope.region,
      ...(serviceRole !== undefined && { roleArn: serviceRole }),
      sessionName: `AWSCodeBuild-${uuidOf(batch)}`,
    },
    workspace: combineJobId(batch),
    inputs: packed,
    script: "exit 0",
    env: {},
    timeoutMs: TIMEOUT_MS,
    outputs: [{ name: "combined", type: "zip", base: "combined", files: ["**/*"] }],
  });
}

/** Take the archive, and put it where the project wants it; a sentence where that does not go. */
export function storeCombined(scope: Scope, batch: BuildBatch, job: Job): string | undefined {
  const { digest, size } = job.result?.outputs?.["combined"] ?? {};
  if (digest === undefined) return job.reason ?? "there are no artifacts to combine";
  const packed = { digest, size: size! };
  const { type, location, path = "", namespaceType, name } = batch.declaration.artifacts as Artifacts;
  if (type !== "S3") {
    buildBatches.patch(scope, batch.id, { artifact: packed });
    return undefined;
  }
  const parts = [path.replace(/^\/+|\/+$/g, ""), namespaceType === "BUILD_ID" ? uuidOf(batch) : "", name ?? batch.project];
  const key = parts.filter((part) => part !== "").join("/");
  try {
    putObject(scope, location!, key, packed, { contentType: "application/zip" });
  } catch (error) {
    if (!isFault(error)) throw error;
    return `${error.name}: ${error.message}`;
  }
  buildBatches.patch(scope, batch.id, { artifact: { ...packed, location: `arn:aws:s3:::${location}/${key}` } });
  return undefined;
}

/** Files that are put into S3 one by one are in one place already. */
const isPacked = ({ type, packaging }: Artifacts): boolean => type === "CODEPIPELINE" || packaging === "ZIP";

const uuidOf = ({ id }: BuildBatch): string => id.slice(id.lastIndexOf(":") + 1);
