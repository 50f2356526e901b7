// Writes the declarations of what the package exports into dist, after the bundle. They speak of nothing else of ours.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { node, root, run } from "./install.mjs";

const EXPORTED = { testing: "running", matchers: "matchers" };

const folder = mkdtempSync(join(tmpdir(), "slipway-types-"));
try {
  const emit = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", folder, "--rootDir", root];
  process.exitCode = await run(node, [join(root, "node_modules/typescript/bin/tsc"), ...emit]);
  for (const [name, file] of Object.entries(EXPORTED)) {
    const declarations = join(folder, "src", "testing", `${file}.d.ts`);
    const [reference] = readFileSync(declarations, "utf8").match(/from "\..*"/) ?? [];
    if (reference !== undefined) throw new Error(`${file}.ts exports what is declared elsewhere: ${reference}`);
    copyFileSync(declarations, join(root, "dist", `${name}.d.ts`));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
