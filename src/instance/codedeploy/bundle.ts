import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Aws, callAws } from "./aws.ts";
import type { Revision } from "./specification.ts";
import { unzip } from "./zip.ts";

const DOWNLOAD_MAX_MS = 900_000;

/** Fetch a revision and unpack it into `archive`; its own file is kept beside. */
export async function download(aws: Aws, revision: Revision, folder: string, archive: string): Promise<void> {
  rmSync(archive, { recursive: true, force: true });
  if (revision.type === "Local Directory") return cpSync(revision.location, archive, { recursive: true, verbatimSymlinks: true });
  const file = join(folder, "bundle.tar");
  if (revision.type === "Local File") cpSync(revision.location, file);
  else writeFileSync(file, revision.type === "S3" ? await fromS3(aws, revision) : await fromGitHub(revision));
  mkdirSync(archive, { recursive: true });
  unpack(file, revision.bundleType, archive);
  stripTop(folder, archive);
}

async function fromS3(aws: Aws, { bucket, key, version, etag }: Extract<Revision, { type: "S3" }>): Promise<Buffer> {
  const encoded = key
    .split("/")
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`));
  const query = version === undefined ? "" : `versionId=${encodeURIComponent(version)}`;
  const answer = await callAws(aws, {
    service: "s3",
    method: "GET",
    path: `/${bucket}/${encoded.join("/")}`,
    query,
    timeoutMs: DOWNLOAD_MAX_MS,
  });
  const body = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(/<Message>(.*?)<\/Message>/.exec(body.toString())?.[1] ?? `S3 answered ${answer.status}`);
  const actual = answer.headers.get("etag") ?? "";
  if (etag !== undefined && bare(etag) !== bare(actual))
    throw new Error(`Expected deployment artifact bundle etag ${etag} but was actually ${actual}`);
  return body;
}

const bare = (etag: string): string => etag.replaceAll('"', "");

/** Whatever answers as api.github.com does: GITHUB_API_URL says where. */
async function fromGitHub({ account, repository, commit, bundleType, token }: Extract<Revision, { type: "GitHub" }>): Promise<Buffer> {
  const base = process.env["GITHUB_API_URL"] ?? "https://api.github.com";
  const url = `${base}/repos/${account}/${repository}/${bundleType === "zip" ? "zipball" : "tarball"}/${commit}`;
  const answer = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `token ${token}` },
    signal: AbortSignal.timeout(DOWNLOAD_MAX_MS),
  });
  if (!answer.ok)
    throw new Error(
      `Could not download bundle at '${url}' after 0 retries. Server returned codes: ${answer.status} '${answer.statusText}'.`,
    );
  return Buffer.from(await answer.arrayBuffer());
}

function unpack(file: string, bundleType: string, archive: string): void {
  if (bundleType === "zip") return unzip(readFileSync(file), archive);
  // tar knows by itself what is compressed.
  const { status, stderr } = spawnSync("tar", ["-xpsf", file, "-C", archive], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Error extracting tar archive: ${status} ${stderr.trim()}`);
}

/** An archive with a single folder in which the AppSpec file lies is taken for that folder. */
function stripTop(folder: string, archive: string): void {
  const [top, ...others] = readdirSync(archive);
  if (top === undefined || others.length > 0) return;
  const inner = join(archive, top);
  if (!statSync(inner).isDirectory() || !readdirSync(inner).some((name) => /appspec/i.test(name))) return;
  const aside = join(folder, "deployment-archive-temp");
  if (existsSync(aside)) rmSync(aside, { recursive: true });
  renameSync(archive, aside);
  renameSync(join(aside, top), archive);
  rmSync(aside, { recursive: true });
}
