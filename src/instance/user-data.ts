import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
  const child = spawn(script, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  const code = await Promise.race([once(child, "exit").then(([status, signal]) => status ?? signal), once(child, "error").then(String)]);
  say(`user data: ended with ${code}`);
}
