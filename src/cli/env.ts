import { endpointOf, parse, partitionOf, remote } from "./client.ts";
import { UsageError } from "./command.ts";

/** What to set, so that unmodified clients talk to Slipway. An access key of twelve digits is that account. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args, { ...remote, format: { type: "string" } });
  const { account, region } = partitionOf(values) as { account: string; region: string };
  const format = values["json"] ? "json" : (values["format"] ?? "shell");
  const formatter = formats[format];
  if (formatter === undefined) throw new UsageError(`--format is one of ${Object.keys(formats).join(", ")}`);
  process.stdout.write(formatter({ endpoint: endpointOf(values), account, region }));
  return 0;
}

interface Target {
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
}

const variables = ({ endpoint, account, region }: Target): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: account,
  AWS_SECRET_ACCESS_KEY: "slipway",
  AWS_EC2_METADATA_DISABLED: "true",
  CDK_DEFAULT_ACCOUNT: account,
  CDK_DEFAULT_REGION: region,
});

const formats: Readonly<Record<string, (target: Target) => string>> = {
  shell: (target) =>
    `${Object.entries(variables(target))
      .map(([name, value]) => `export ${name}=${value}`)
      .join("\n")}
# git over HTTP with the credential helper of the AWS CLI (it signs without the port):
#   git config --global credential.${target.endpoint}.helper '!aws codecommit credential-helper --ignore-host-check $@'
#   git config --global credential.${target.endpoint}.UseHttpPath true
`,
  json: (target) => `${JSON.stringify(variables(target))}\n`,
  profile: ({ endpoint, account, region }) => `# ~/.aws/config
[profile slipway]
region = ${region}
endpoint_url = ${endpoint}
aws_access_key_id = ${account}
aws_secret_access_key = slipway
`,
  terraform: ({ endpoint, account, region }) => `provider "aws" {
  region                      = "${region}"
  access_key                  = "${account}"
  secret_key                  = "slipway"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = false
  s3_use_path_style           = true
  # and in the environment: AWS_ENDPOINT_URL=${endpoint}
}
`,
};
