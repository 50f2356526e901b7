// Runs one of our TypeScript files on the Node that npm brings, after installing what is missing: `node scripts/run.mjs FILE ARGUMENT…`
import { ensureInstalled, node, run } from "./install.mjs";

ensureInstalled();
process.exitCode = await run(node, process.argv.slice(2));
