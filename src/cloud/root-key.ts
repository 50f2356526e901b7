import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Drive } from "../kernel/drive.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Partition } from "../kernel/table.ts";
import { type AccessKey, ensureFirstKey, restoreKey, rootKeyOf } from "../services/iam/api.ts";

const HOME: Partition = { account: "000000000000", region: "" };

/**
 * Where signatures are checked, somebody needs a first key: makes one of the root user where the ledger has none at all,
 * and puts it where AWS's clients can read it. Answers the file; undefined where root has no key, since others have.
 */
export async function writeRootKey(drive: Drive, folder: string): Promise<string | undefined> {
  const key = drive.kernel.commit(HOME, ensureFirstKey);
  await drive.durable();
  return key && writeCredentials(join(folder, "credentials"), key);
}

/** Lets the ledger be forgotten, but for root's key: nobody could call any more. */
export function keepRootKey(kernel: Kernel, forget: () => number): number {
  const key = rootKeyOf(kernel.scope(HOME));
  const removed = forget();
  if (key !== undefined) kernel.commit(HOME, (scope) => restoreKey(scope, key));
  return removed;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
function writeCredentials(path: string, { id, secret }: AccessKey): string {
  const fresh = `${path}.new`;
  // Made anew, never written over: a file that others could read, or that leads elsewhere, stays so when it is written.
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`, { mode: 0o600, flag: "wx" });
  renameSync(fresh, path);
  return path;
}
