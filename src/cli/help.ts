import { commands } from "./commands.ts";

/** What `slipway --help` prints. */
export function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `slipway: the practice of DevOps on AWS, on one machine

Usage: slipway COMMAND [OPTIONS]

${lines.join("\n")}

A first session:
  slipway start                     # in one terminal
  eval "$(slipway env)"             # in another: aws, cdk, terraform and the SDKs now talk to it
  aws sts get-caller-identity
  slipway clock --mode auto         # waits cost no waiting from here on

slipway COMMAND --help says more about each.
`;
}
