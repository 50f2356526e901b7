import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every file of the repository that is committed or could be, relative to its root. */
export const files: readonly string[] = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));

export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** What one file names in an import or a re-export. */
export interface Import {
  /** Of ours: the path from the root, such as src/kernel/table.ts; of others: the specifier. */
  readonly target: string;
  /** The names it takes, as written. */
  readonly names: string;
}

/** A TypeScript file as the rules see it. */
export interface Source {
  readonly path: string;
  /** With neither comments nor the insides of texts. */
  readonly code: string;
  readonly imports: readonly Import[];
  /** A test, or what only tests use: *.test.ts and *.fixture.ts. */
  readonly forTests: boolean;
}

/** The TypeScript files under a folder. */
export const sourcesOf = (folder: string): Source[] =>
  files.filter((path) => path.startsWith(`${folder}/`) && path.endsWith(".ts")).map(sourceOf);

function sourceOf(path: string): Source {
  const text = read(path);
  return { path, code: withoutTexts(text), imports: importsOf(path, text), forTests: /\.(test|fixture)\.ts$/.test(path) };
}

const STATIC = /^(?:import|export)\s+(?:type\s+)?(?:([\w$*{}\s,]+?)\s+from\s+)?"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"\s*\)/g;

function importsOf(path: string, text: string): Import[] {
  const resolve = (specifier: string): string => (specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier);
  return [
    ...[...text.matchAll(STATIC)].map(([, names = "", specifier]) => ({ target: resolve(specifier!), names })),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier]) => ({ target: resolve(specifier!), names: "" })),
  ];
}

const TEXTS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** Comments go; of texts the quotes stay; of templates what they compute stays. Lines keep their numbers. */
const withoutTexts = (text: string): string =>
  text.replace(TEXTS, (found) => {
    const lines = found.replace(/[^\n]/g, "");
    if (found.startsWith("/")) return lines;
    const computed = found.startsWith("`") ? (found.match(/\$\{[^}]*\}/g) ?? []).join("") : "";
    return `""${computed.replace(/"[^"\n]*"/g, "")}${computed.includes("\n") ? "" : lines}`;
  });

/** Where in a source a pattern is found, as path:line: what was found. */
export function found(source: Source, pattern: RegExp): string[] {
  return [...source.code.matchAll(pattern)].map((match) => {
    const line = source.code.slice(0, match.index).split("\n").length;
    return `${source.path}:${line}: ${match[0].trim()}`;
  });
}
