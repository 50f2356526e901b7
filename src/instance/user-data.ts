import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What an image starts by itself is for systemd on AWS; what user data wants started at every boot it puts here, as for cloud-init. https://docs.cloud-init.io/en/latest/reference/modules.html#scripts-per-boot */
const PER_BOOT = "var/lib/cloud/scripts/per-boot";

/** Run what lies in the folder for every boot, in the order of the names. */
export async function runBootScripts(root: string, env: Record<string, string>, say: (line: string) => void): Promise<void> {
  const folder = join(root, PER_BOOT);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).sort()) {
    const script = join(folder, name);
    if ((statSync(script).mode & 0o111) === 0) continue;
    say(`${name}: ended with ${await run(script, root, env)}`);
  }
}

/** Run user data at the first start, as cloud-init runs a script. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export async function runUserData(base64: string, root: string, env: Record<string, string>, say: (line: string) => void): Promise<void> {
  const folder = join(root, "var/lib/cloud/instance");
  const done = join(folder, "sem.user-data");
  if (existsSync(done)) return;
  const text = Buffer.from(base64, "base64");
  if (text.toString("latin1", 0, 2) !== "#!") {
    say("user data: only scripts that begin with #! are run; this is kept for whoever reads it from the metadata");
    return;
  }
  mkdirSync(folder, { recursive: true });
  const script = join(folder, "user-data.txt");
  writeFileSync(script, text, { mode: 0o700 });
  // Before it runs: what was cut off half-way is not run again, as on AWS.
  writeFileSync(done, "");
  say(`user data: ended with ${await run(script, root, env)}`);
}

/** Its exit code, the signal that ended it, or why it could not start. */
function run(script: string, cwd: string, env: Record<string, string>): Promise<string> {
  const child = spawn(script, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(String(code ?? signal)));
    child.once("error", (error) => resolve(String(error)));
  });
}
