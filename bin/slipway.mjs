#!/usr/bin/env -S node --max-semi-space-size=8
// Runs the sources where they are, else the built command; on the Node that this package brings where the machine's is older.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const main = existsSync(sources) ? sources : fileURLToPath(new URL("../dist/main.js", import.meta.url));

if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import(main);
} else {
  const node = createRequire(import.meta.url).resolve("node/bin/node");
  // Its channel to us is closed whatever ends us: then it ends, too.
  const withUs = 'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"));process.channel?.unref()';
  const child = spawn(node, [...process.execArgv, "--import", withUs, main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
  });
}
