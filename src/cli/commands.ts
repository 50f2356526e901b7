import type { Command } from "./command.ts";

const ENDPOINT = `  --endpoint URL   where Slipway listens (SLIPWAY_ENDPOINT, else http://127.0.0.1:4566)
  --json           JSON, for machines
`;
const PARTITION = `  --account ID     the account (AWS_ACCESS_KEY_ID of twelve digits, else 000000000000)
  --region NAME    the region (AWS_REGION, else us-east-1)
`;

/** Every command, by name. */
export const commands: Readonly<Record<string, Command>> = {
  start: {
    summary: "run the cloud in this terminal",
    help: `Usage: slipway start [OPTIONS]

Runs the cloud until it is told to stop (Ctrl-C), and prints one line when it is ready.

  --port N               the port (4566; 0 takes a free one)
  --host ADDRESS         the address (127.0.0.1); any other needs --trust signed or enforced
  --data DIR             keep the state there (.slipway)
  --ephemeral            keep nothing
  --clock MODE           real: time is time (the default). auto: waits pass as soon as nothing runs.
                         virtual: time stands still until it is advanced
  --start INSTANT        where a virtual clock starts, such as 2026-01-01T00:00:00Z
  --trust MODE           open: any key (the default). signed: signatures must verify. enforced: IAM decides
                         (these two: root's first access key is in DIR/credentials)
  --durability LEVEL     relaxed: survives the end of the process (the default). full: and of the machine
  --seed N               what ids, chance and secrets derive from (1; one of DIR's own unless trust is open)
  --allow-real-keys      accept access keys that look like AWS's and were not issued here
  --record-types NAMES   types of resource that stacks keep as declared though nothing carries them out, such as
                         AWS::EC2::*,AWS::ApiGateway::RestApi
  --json                 the ready line as JSON
`,
    load: () => import("./start.ts"),
  },
  demo: {
    summary: "watch a canary roll itself back, through unmodified cdk, git and the AWS SDK",
    help: `Usage: slipway demo [--keep] [--json]

Starts a cloud in a temporary directory, bootstraps it with cdk, deploys the pipeline of examples/shop, pushes a good
release, a bad one and the fix with git, and tells what happened, when and why.

  --keep    leave it running, and say how to look around
  --json    a summary as JSON on the last line
`,
    load: () => import("./demo.ts"),
  },
  status: {
    summary: "how the running cloud stands",
    help: `Usage: slipway status [OPTIONS]\n\n${ENDPOINT}`,
    load: () => import("./status.ts"),
  },
  env: {
    summary: "what a shell, an AWS profile, CDK and Terraform need",
    help: `Usage: eval "$(slipway env)"\n       slipway env --format profile|terraform|json\n\n${ENDPOINT}${PARTITION}`,
    load: () => import("./env.ts"),
  },
  clock: {
    summary: "look at the clock, change its mode, let time pass",
    help: `Usage: slipway clock [--mode real|auto|virtual] [--advance DURATION] [--until PATTERN]

  --mode MODE          change the mode
  --advance DURATION   let time pass, through every instant that is due: 90s, 30m, 1h30m, 7d
  --until PATTERN      only until an event matches this EventBridge pattern (JSON)
${ENDPOINT}${PARTITION}`,
    load: () => import("./clock.ts"),
  },
  why: {
    summary: "what a resource waits for",
    help: `Usage: slipway why [ARN] [OPTIONS]\n\nWithout an ARN: everything that waits.\n\n${ENDPOINT}`,
    load: () => import("./why.ts"),
  },
  traffic: {
    summary: "send requests on the cloud's clock",
    help: `Usage: slipway traffic URL [--rate 2/s] [--for 10m]
       slipway traffic --list
       slipway traffic --stop ID

Each request is a real one, asked for at an instant of the cloud's clock and holding that clock while it is in flight, so
that five virtual minutes see the traffic of five minutes.

  --rate N/UNIT    requests per s, m or h (1/s)
  --for DURATION   stop after so long; otherwise until --stop
${ENDPOINT}${PARTITION}`,
    load: () => import("./traffic.ts"),
  },
  connection: {
    summary: "complete the handshake of a connection to a git server",
    help: `Usage: slipway connection list
       slipway connection complete NAME|ARN --url URL | --path DIR | --codecommit [--api URL]
       slipway connection push OWNER/NAME

On AWS a person completes a connection in the console. Here it is said where the provider's repositories are: owner/name is
URL/owner/name.git or DIR/owner/name, or whatever an address with {owner} and {name} in it comes to.

  --url URL      a git server that is reached over HTTP
  --path DIR     a folder of repositories on this machine
  --codecommit   the CodeCommit repositories of the account
  --api URL      where the server speaks GitHub's, Gitea's or GitLab's API, if not at /api/v1, v3 or v4 of its address
  push           says that somebody pushed; else it is noticed within a minute
${ENDPOINT}${PARTITION}`,
    load: () => import("./connection.ts"),
  },
  agent: {
    summary: "make this machine an on-premises instance that CodeDeploy deploys to",
    help: `Usage: slipway agent --instance NAME [--home DIR]
       slipway agent --config FILE [--home DIR]

Asks for the commands of an instance that RegisterOnPremisesInstance has registered, and carries them out on this machine,
until it is told to stop (Ctrl-C).

  --instance NAME   the name it was registered with; keys are those of the environment
  --config FILE     a codedeploy.onpremises.yml, as AWS's agent has it
  --home DIR        where revisions are kept (/opt/codedeploy-agent)
${ENDPOINT}${PARTITION}`,
    load: () => import("./agent.ts"),
  },
  dora: {
    summary: "the five DORA metrics, from the events of the cloud itself",
    help: `Usage: slipway dora [--window 30d] [--pipeline PART] [--stage NAME] [--rollback-is-failure true|false] [--keep]

Deployments are pipeline executions that came as far as a Deploy action. The options after
--window say how they are counted: for this once, or with --keep from now on, also for the
metrics in the CloudWatch namespace Slipway/DORA.

${ENDPOINT}${PARTITION}`,
    load: () => import("./dora.ts"),
  },
};
