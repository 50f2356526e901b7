import { ask, endpointOf, parse, partitionOf, remote } from "./client.ts";
import { UsageError } from "./command.ts";

/**
 * What to set, so that unmodified clients talk to Slipway. An access key of twelve digits is that account; where signatures
 * are checked, root's key is in a file.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, { ...remote, format: { type: "string" } });
  const { account, region } = partitionOf(values) as { account: string; region: string };
  const format = values["json"] ? "json" : (values["format"] ?? "shell");
  const formatter = formats[format];
  if (formatter === undefined) throw new UsageError(`--format is one of ${Object.keys(formats).join(", ")}`);
  // Whoever sets up a shell may do so before there is a cloud.
  const { credentials } = await ask(values, "health").catch(() => ({}));
  process.stdout.write(formatter({ endpoint: endpointOf(values), account, region, ...(account === ROOT_ACCOUNT && { credentials }) }));
  return 0;
}

/** Whose root has the first key where signatures are checked. */
const ROOT_ACCOUNT = "000000000000";

interface Target {
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /** An AWS credentials file with a key that verifies; where there is none, any key does. */
  readonly credentials?: string;
}

const variables = ({ endpoint, account, region, credentials }: Target): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  ...(credentials === undefined
    ? { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "slipway" }
    : { AWS_SHARED_CREDENTIALS_FILE: credentials }),
  AWS_EC2_METADATA_DISABLED: "true",
  CDK_DEFAULT_ACCOUNT: account,
  CDK_DEFAULT_REGION: region,
});

/** As a shell reads it; a path may hold anything. */
const quoted = (value: string): string => (/^[\w@%+=:,./-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);

const UNSET = `# keys in variables would come before those of the file
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE
`;

const formats: Readonly<Record<string, (target: Target) => string>> = {
  shell: (target) =>
    `${Object.entries(variables(target))
      .map(([name, value]) => `export ${name}=${quoted(value)}`)
      .join("\n")}
${target.credentials === undefined ? "" : UNSET}\
# git over HTTP with the credential helper of the AWS CLI, of whose verbs only get takes the option; and AWS's URLs led here:
#   git config --global credential.${target.endpoint}.helper '!f() { [ "$1" != get ] || aws codecommit credential-helper --ignore-host-check get; }; f'
#   git config --global credential.${target.endpoint}.UseHttpPath true
#   git config --global url.${target.endpoint}/v1/repos/.insteadOf codecommit::${target.region}://
`,
  json: (target) => `${JSON.stringify(variables(target))}\n`,
  profile: ({ endpoint, account, region, credentials }) => `# ~/.aws/config
[profile slipway]
region = ${region}
endpoint_url = ${endpoint}
${credentials === undefined ? `aws_access_key_id = ${account}\naws_secret_access_key = slipway` : `# and here the two lines of [default] in ${credentials}`}
`,
  terraform: ({ endpoint, account, region, credentials }) => {
    const key = credentials === undefined ? { access_key: account, secret_key: "slipway" } : { shared_credentials_files: [credentials] };
    const settings = Object.entries({ region, ...key, s3_use_path_style: true, skip_metadata_api_check: "true" });
    const width = Math.max(...settings.map(([name]) => name.length));
    const lines = settings.map(([name, value]) => `  ${name.padEnd(width)} = ${JSON.stringify(value)}`);
    return `# slipway_override.tf, beside the provider block that it overrides; and for the backend too, in the environment:
# AWS_ENDPOINT_URL=${endpoint}
provider "aws" {\n${lines.join("\n")}\n}
`;
  },
};
