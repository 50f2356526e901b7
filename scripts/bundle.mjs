// Bundles the command and the test library into dist: one file per entry and what they share, so that a start reads a few files instead of six hundred.
import { chmodSync, cpSync, readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const out = join(root, "dist");

/** Chunks lie in dist; a module that looks for files beside itself must look from where it would be if it were alone. */
const ownPlace = {
  name: "own-place",
  setup({ onLoad, onResolve }) {
    // The schemas are loaded by name too, and must be the same ones.
    onResolve({ filter: /\/sdk\/[\w-]+\.js$/ }, ({ path }) => ({ path: `./sdk/${basename(path)}`, external: true }));
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const place = `new URL("./${relative(source, path).replace(/\.ts$/, ".js")}", import.meta.url).href`;
      return { contents: text.replaceAll("import.meta.url", place), loader: "ts", resolveDir: dirname(path) };
    });
  },
};

/** An import of node:http evaluates all that it exports, a WebSocket client among it: 35 ms. Asked for as a value it does not. */
const onlyHttp = {
  name: "only-http",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^node:http$/ }, () => ({ path: "http", namespace: "builtin" }));
    onLoad({ filter: /.*/, namespace: "builtin" }, () => ({
      contents: 'export const { createServer, request, Agent, STATUS_CODES, maxHeaderSize } = process.getBuiltinModule("node:http");',
    }));
  },
};

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: {
    main: join(source, "main.ts"),
    serverless: join(source, "services", "cloudformation", "serverless", "index.ts"),
    testing: join(source, "testing", "running.ts"),
    matchers: join(source, "testing", "matchers.ts"),
  },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: "none",
  mainFields: ["module", "main"],
  chunkNames: "[name]-[hash]",
  // The demo's clients are whatever AWS publishes, and vitest is the test's: not ours to carry.
  external: ["@aws-sdk/client-*", "vitest"],
  // What CommonJS packages in the bundle ask for.
  banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
  plugins: [ownPlace, onlyHttp],
  logLevel: "warning",
});
// What runs inside of instances sees this folder and nothing else of ours: a file per program.
await build({
  entryPoints: readdirSync(join(source, "instance"))
    .filter((name) => /^(init|.*-agent)\.ts$/.test(name))
    .map((name) => join(source, "instance", name)),
  outdir: join(out, "instance"),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
});
cpSync(join(source, "sdk"), join(out, "sdk"), { recursive: true, filter: (path) => !path.endsWith(".d.ts") });
cpSync(join(source, "compute", "runtimes"), join(out, "compute", "runtimes"), { recursive: true });
chmodSync(join(out, "main.js"), 0o755);
