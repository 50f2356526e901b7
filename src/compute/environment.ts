import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { IssuedCredentials } from "./backend.ts";
import type { JobIdentity } from "./job.ts";

/** How a process reaches the cloud, and as whom. */
export interface Access {
  readonly endpoint: string;
  readonly identity: JobIdentity;
  readonly credentials: IssuedCredentials;
}

export const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What a build needs of the host's settings to reach the host's package registries. */
const FROM_HOST = [
  /^npm_config_(registry|@.*:registry|userconfig|globalconfig|cafile|ca|proxy|https?_proxy|noproxy|strict_ssl|fetch_.*|\/\/.*)$/i,
  /^(https?|all|no)_proxy$/i,
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO)$/,
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|TRUSTED_HOST|FIND_LINKS)$/,
];

/** The node that runs us comes first, then what the user has, then what every system has. */
export function searchPath(): string {
  const host = (process.env["PATH"] ?? "").split(delimiter).filter((path) => path.startsWith("/"));
  return [...new Set([dirname(process.execPath), ...host, ...SYSTEM_PATH])].join(delimiter);
}

/** Every AWS client that a process starts talks to us, with keys of ours: no call can reach a real account. */
export function awsEnvironment({ endpoint, identity, credentials }: Access): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: identity.region,
    AWS_DEFAULT_REGION: identity.region,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The environment of a build command. What the user sets wins, except over whom its AWS calls reach and as whom. */
export function commandEnvironment(
  access: Access,
  places: { home: string; tmp: string },
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const { AWS_REGION, AWS_DEFAULT_REGION, ...aws } = awsEnvironment(access) as Record<string, string>;
  // What a build installs for all users is its own: `npm install -g aws-cdk` is how a pipeline of the CDK updates itself.
  const global = join(places.home, ".npm-global");
  return {
    ...hostSettings(),
    npm_config_prefix: global,
    PATH: [join(global, "bin"), searchPath()].join(delimiter),
    LANG: "C.UTF-8",
    HOME: places.home,
    TMPDIR: places.tmp,
    CI: "true",
    AWS_REGION: AWS_REGION!,
    AWS_DEFAULT_REGION: AWS_DEFAULT_REGION!,
    ...env,
    ...aws,
  };
}

/** The environment of a function's process, as Lambda makes it, without what its runtime adds. */
export function functionEnvironment(access: Access, env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...env,
    ...awsEnvironment(access),
    PATH: `${searchPath()}:/opt/bin`,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    HOME: "/tmp",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  };
}

function hostSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && FROM_HOST.some((pattern) => pattern.test(name))) settings[name] = value;
  }
  const npmrc = join(homedir(), ".npmrc");
  if (existsSync(npmrc)) settings["npm_config_userconfig"] ??= npmrc;
  const proxied = Object.keys(settings).some((name) => /^(https?|all)_proxy$/i.test(name));
  if (proxied) for (const name of ["NO_PROXY", "no_proxy"]) settings[name] = `127.0.0.1,localhost,${settings[name] ?? ""}`;
  return settings;
}

/** The environment of what runs on an instance: its keys come from its metadata, and package managers find what the host's do. */
export function instanceEnvironment(endpoint: string, region: string): Record<string, string> {
  const registries = Object.entries(hostSettings()).filter(([name]) => !/proxy$|userconfig|globalconfig|cafile/i.test(name));
  return {
    ...Object.fromEntries(registries),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    LANG: "C.UTF-8",
  };
}
