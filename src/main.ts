#!/usr/bin/env -S node --max-semi-space-size=8
import { enableCompileCache } from "node:module";
import { UsageError } from "./cli/command.ts";
import { commands } from "./cli/commands.ts";
import { overview } from "./cli/help.ts";

// From here on what is loaded is compiled once per machine, not once per start.
enableCompileCache();

const [name, ...args] = process.argv.slice(2);

/** Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 3 no Slipway answers at the endpoint. */
async function main(): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  const command = commands[name];
  if (command === undefined) throw new UsageError(`there is no command ${name}; slipway --help lists them`);
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(command.help);
    return 0;
  }
  const { run } = await command.load();
  return run(args);
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, exitCode = 1 } = error as Error & { exitCode?: number };
  process.stderr.write(`slipway: ${message}\n`);
  process.exitCode = exitCode;
}
