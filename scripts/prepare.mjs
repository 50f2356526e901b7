// Builds src/sdk out of the @aws-sdk client packages, or out of AWS's models in data/models where there is no such package with schemas:
//   NAME.js           what a service needs from the start: its exceptions, and the names of its operations
//   schemas/NAME.js   what the wire loads with the first request for it, since all of them together take 120 ms and 26 MB
//   NAME.d.ts         the types of both
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";
import { sdkOf } from "./model.mjs";

const require = createRequire(import.meta.url);
const root = new URL("..", import.meta.url).pathname;
const clients = `${root}node_modules/@aws-sdk`;
const out = `${root}src/sdk`;
const names = readdirSync(clients)
  .filter((name) => name.startsWith("client-"))
  .map((name) => name.slice("client-".length))
  .filter((name) => !existsSync(`${root}data/models/${name}.json`));

const models = Object.fromEntries(
  readdirSync(`${root}data/models`).map((file) => {
    const name = file.replace(".json", "");
    return [name, sdkOf(name, JSON.parse(readFileSync(`${root}data/models/${file}`, "utf8")))];
  }),
);

/** The name of the base class of a client's exceptions, such as CodePipelineServiceException. */
const baseOf = (name) =>
  readdirSync(`${clients}/client-${name}/dist-es/models`)
    .find((file) => file.endsWith("ServiceException.js"))
    .replace(".js", "");

/** The names of a service's operations. */
const operationsOf = (name) =>
  models[name]?.operations ??
  [
    ...readFileSync(`${clients}/client-${name}/dist-types/schemas/schemas_0.d.ts`, "utf8").matchAll(
      /export declare var (\w+)\$: StaticOperationSchema;/g,
    ),
  ].map(([, operation]) => operation);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const entries = {
  name: "entries",
  setup(plugin) {
    plugin.onResolve({ filter: /^sdk:/ }, ({ path }) => ({ path: path.slice(4), namespace: "sdk" }));
    plugin.onLoad({ filter: /.*/, namespace: "sdk" }, ({ path }) => ({
      contents: path.startsWith("schemas/") ? schemasOf(path.slice("schemas/".length)) : exceptionsOf(path) + namesOf(path),
      resolveDir: root,
    }));
    // What only a client needs: its registry of exceptions by name, and their common base with its HTTP metadata.
    const replace = (filter, contents) => {
      const namespace = String(filter);
      plugin.onResolve({ filter }, () => ({ path: "replaced", namespace }));
      plugin.onLoad({ filter: /.*/, namespace }, () => ({ contents }));
    };
    replace(/^@smithy\/core\/schema$/, "export class TypeRegistry { static for() { return new TypeRegistry(); } registerError() {} }");
    replace(
      /\/\w+ServiceException$/,
      "class Exception extends Error { constructor(options) { super(options.message); Object.assign(this, options); } }\n" +
        names.map((name) => `export { Exception as ${baseOf(name)} };`).join("\n"),
    );
  },
};

const schemasOf = (name) => models[name]?.schemas ?? `export * from "${clients}/client-${name}/dist-es/schemas/schemas_0.js";`;

function exceptionsOf(name) {
  const file = `${clients}/client-${name}/dist-es/models/errors.js`;
  // EC2 has no exceptions of its own.
  return models[name]?.exceptions ?? (existsSync(file) ? `export * from "${file}";` : "");
}

/** Its operations, as far as somebody needs them who is not about to read or write them. */
const namesOf = (name) =>
  operationsOf(name)
    .map((operation) => `\nexport const ${operation}$ = [9, "${facts[name].namespace}", "${operation}"];`)
    .join("");

const facts = {};
for (const name of names) {
  const client = require(`@aws-sdk/client-${name}`);
  const Client = client[Object.keys(client).find((key) => key.endsWith("Client") && key !== "__Client")];
  const { config } = new Client({ region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } });
  const { defaultNamespace, serviceTarget, version, xmlNamespace = "", awsQueryCompatible } = config.protocolSettings;
  const [scheme] = config.httpAuthSchemeProvider({ operation: "x", region: "us-east-1", Region: "us-east-1" });
  facts[name] = {
    namespace: defaultNamespace,
    protocol: config.protocol.getShapeId().split("#")[1],
    target: serviceTarget,
    version,
    xmlNamespace,
    queryCompatible: !!awsQueryCompatible,
    signingName: scheme.signingProperties?.name ?? name,
    serviceId: config.serviceId,
  };
  writeFileSync(`${out}/${name}.d.ts`, declarations(name));
}
for (const [name, model] of Object.entries(models)) {
  facts[name] = model.facts;
  writeFileSync(`${out}/${name}.d.ts`, model.declarations);
}

await build({
  entryPoints: Object.keys(facts)
    .flatMap((name) => [name, `schemas/${name}`])
    .map((name) => ({ in: `sdk:${name}`, out: name })),
  outdir: out,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  platform: "node",
  chunkNames: "shared-[hash]",
  plugins: [entries],
  logLevel: "error",
});

for (const name of Object.keys(facts)) writeFileSync(`${out}/schemas/${name}.d.ts`, `export * from "../${name}.js";\n`);
writeFileSync(`${out}/services.json`, `${JSON.stringify(facts, null, 1)}\n`);

/** Every operation's schema constant carries the types of what it takes and answers. */
function declarations(name) {
  const pkg = `@aws-sdk/client-${name}`;
  const lines = [
    `import type { OperationSchema } from "../kernel/operation.ts";`,
    `import type * as C from "${pkg}";`,
    `export * from "${pkg}";`,
  ];
  for (const operation of operationsOf(name)) {
    lines.push(
      `export declare const ${operation}$: OperationSchema<C.${operation}CommandInput, Omit<C.${operation}CommandOutput, "$metadata">>;`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** What runs in instances sees src/instance and nothing else: the reader of YAML lies there as one file. */
await build({
  stdin: { contents: 'export { parse } from "yaml";', resolveDir: root },
  outfile: `${root}src/instance/yaml.js`,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "node",
  mainFields: ["module", "main"],
  banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
  logLevel: "error",
});
writeFileSync(
  `${root}src/instance/yaml.d.ts`,
  'export declare function parse(text: string, options?: { version?: "1.1" | "1.2" }): unknown;\n',
);
