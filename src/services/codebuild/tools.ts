import type { CommandInput } from "../../compute/job.ts";
import type { Scope } from "../../kernel/scope.ts";

/** Programs that CodeBuild's images have and no machine does, by name. */
const TOOLS: Readonly<Record<string, string>> = {
  // Whoever wants to look at the build while it stands does so on this machine, in its directory.
  // https://docs.aws.amazon.com/codebuild/latest/userguide/session-manager.html
  "codebuild-breakpoint": `#!/bin/sh
[ -n "$SLIPWAY_DEBUGGED" ] || exit 0
bin=$(cd "$(dirname "$0")" && pwd)
echo "The build is paused. It is in $PWD; $bin/codebuild-resume lets it go on."
until rm "$bin/../resume" 2> /dev/null; do sleep 0.2; done
`,
  "codebuild-resume": `#!/bin/sh
: > "$(dirname "$0")/../resume"
`,
  // https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-glob-search.html
  "codebuild-glob-search": `#!/usr/bin/env node
const { globSync, statSync } = require("node:fs");
const found = globSync(process.argv.slice(2)).filter((path) => statSync(path).isFile());
for (const path of [...new Set(found)].sort()) console.log(path);
`,
  // https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test-tests-run.html
  "codebuild-tests-run": String.raw`#!/usr/bin/env node
const { execSync, spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { parseArgs } = require("node:util");
const string = { type: "string" };
const options = { "test-command": string, "files-search": string, "sharding-strategy": string };
const { values } = parseArgs({ options });
const { "test-command": command, "files-search": search, "sharding-strategy": strategy = "equal-distribution" } = values;
function refuse(sentence) {
  console.error(sentence);
  process.exit(1);
}
if (command === undefined || search === undefined) refuse("test-command and files-search are required");
if (!["equal-distribution", "stability"].includes(strategy)) refuse("unknown sharding-strategy " + strategy);
const files = execSync(search, { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n").filter(Boolean).sort();
const index = Number(process.env.SLIPWAY_SHARD ?? 0);
const count = Number(process.env.SLIPWAY_SHARDS ?? 1);
const weight = (shard, file) => createHash("sha256").update(shard + " " + file).digest("hex");
const favourite = (file) => Array.from({ length: count }, (_, shard) => shard).sort((a, b) => (weight(a, file) < weight(b, file) ? 1 : -1))[0];
const chunk = (shard) => Math.floor((files.length * shard) / count);
const mine = strategy === "stability" ? files.filter((file) => favourite(file) === index) : files.slice(chunk(index), chunk(index + 1));
if (mine.length === 0) {
  console.log("No test files in this shard");
  process.exit(0);
}
const quoted = mine.map((file) => "'" + file.replaceAll("'", "'\\''") + "'").join(" ");
const whole = command.includes("CODEBUILD_CURRENT_SHARD_FILES") ? command : command + " " + quoted;
const env = { ...process.env, CODEBUILD_CURRENT_SHARD_FILES: mine.join("\n") };
process.exit(spawnSync("sh", ["-c", whole], { stdio: "inherit", env }).status ?? 1);
`,
  // https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html
  "codebuild-hash-files": `#!/usr/bin/env node
const { globSync, readFileSync, statSync } = require("node:fs");
const { createHash } = require("node:crypto");
const found = globSync(process.argv.slice(2)).filter((path) => statSync(path).isFile());
const hash = createHash("sha256");
for (const path of [...new Set(found)].sort()) hash.update(createHash("sha256").update(readFileSync(path)).digest());
if (found.length > 0) console.log(hash.digest("hex"));
`,
};

const EXECUTABLE = 0o755;

/** The programs, put where the script of a build looks for them first. */
export const toolInputs = (scope: Scope): CommandInput[] =>
  Object.entries(TOOLS).map(([name, text]) => {
    const { digest } = scope.blobs.write(Buffer.from(text));
    return { path: `.slipway/bin/${name}`, digest, mode: EXECUTABLE };
  });
