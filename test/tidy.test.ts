import { describe, expect, it } from "vitest";
import { serviceOf, strangers } from "./tidy/rooms.ts";
import { files, found, read, sourcesOf } from "./tidy/source.ts";

// What a machine can check of the style: where things are, what they import, and what decides neither waits nor remembers.

const sources = sourcesOf("src").filter(({ path }) => !path.startsWith("src/sdk/"));
const ours = sources.filter(({ forTests }) => !forTests);
const inServices = ours.filter(({ path }) => serviceOf(path) !== undefined);
const loops = ours.filter(({ path }) => path.endsWith(".loop.ts"));
const folders = [...new Set(inServices.map(({ path }) => serviceOf(path)!))];
const services = serviceOrder();

describe("rooms", () => {
  it("imports only what ARCHITECTURE.md allows", () => {
    expect(ours.flatMap((source) => strangers(source, services))).toEqual([]);
  });

  it("gives every service folder its line in src/services/index.ts, its index.ts and its page", () => {
    expect(folders.filter((name) => !services.includes(name))).toEqual([]);
    const wanted = folders.flatMap((name) => [`src/services/${name}/index.ts`, `src/services/${name}/${name}.md`]);
    expect(wanted.filter((path) => !files.includes(path))).toEqual([]);
  });

  it("names tables and streams after the folder that they are in", () => {
    const named = /new (?:Table|Stream)<[^(]*\(\s*"([^"]*)"/g;
    const stranded = ours.flatMap(({ path }) => {
      const room = serviceOf(path) ?? path.split("/")[1]!;
      return [...read(path).matchAll(named)].filter(([, name]) => !name!.startsWith(`${room}/`)).map(([, name]) => `${path}: ${name}`);
    });
    expect(stranded).toEqual([]);
  });

  it("has no drawer for everything", () => {
    expect(files.filter((path) => /(^|\/)(utils?|helpers?|common|misc|manager|base)(\.\w+)?(\/|$)/.test(path))).toEqual([]);
  });
});

describe("what decides", () => {
  const deciding = ours.filter(({ path }) => /^src\/(services|kernel|insights)\//.test(path));
  /** The clock and what drives it are where real time comes in. */
  const timekeepers = ["src/kernel/clock.ts", "src/kernel/drive.ts"];

  it("takes time, chance, ids and the outside from the scope", () => {
    const banned =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.|\bprocess\.|(?<![.\w])fetch\(/g;
    expect(deciding.filter(({ path }) => !timekeepers.includes(path)).flatMap((source) => found(source, banned))).toEqual([]);
  });

  it("has no chance of Node's own", () => {
    const chance = /\b(random\w*|getRandomValues|webcrypto)\b/;
    expect(inServices.filter(({ imports }) => imports.some(({ target, names }) => target === "node:crypto" && chance.test(names)))).toEqual(
      [],
    );
  });

  it("does not await", () => {
    const waiting = /\bawait\s+[\w([{"]|\basync\s*[\w(*]|\bnew Promise\b/g;
    expect([...inServices, ...loops].flatMap((source) => found(source, waiting))).toEqual([]);
  });

  it("keeps no state in modules; what a pure function once worked out may be kept in a WeakMap", () => {
    const variables = inServices.flatMap((source) => found(source, /^(?:export )?(?:let|var) \w+/gm));
    const empty = inServices.flatMap((source) =>
      found(source, /^(?:export )?const \w+[^=\n]*= (?:new (?:Map|Set)(?:<.*>)?\(\)|\[\]|\{\});/gm),
    );
    const changed = inServices.flatMap((source) =>
      [...source.code.matchAll(/^(?:export )?const (\w+)[^=\n]*= (?:new (?:Map|Set)\b|\[|\{)/gm)].flatMap(([, name]) =>
        found(
          source,
          new RegExp(`\\b${name}(?:\\.(?:set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse)\\(|\\[[^\\]]*\\] = )`, "g"),
        ),
      ),
    );
    expect([...variables, ...empty, ...changed]).toEqual([]);
  });
});

describe("loops", () => {
  it("live in files of their own, NOUN.loop.ts", () => {
    const elsewhere = inServices.filter(({ path }) => !path.endsWith(".loop.ts"));
    expect(elsewhere.flatMap((source) => found(source, /^(?:export )?const \w+: Loop\b/gm))).toEqual([]);
  });

  it("have a test that cuts the power", () => {
    const untested = loops.filter(({ path }) => {
      const folder = path.slice(0, path.lastIndexOf("/") + 1);
      const beside = files.filter((file) => file.startsWith(folder) && file.endsWith(".test.ts"));
      return !beside.some((file) => read(file).includes("endsTheSameWheneverThePowerIsCut("));
    });
    expect(untested.map(({ path }) => path)).toEqual([]);
  });
});

describe("packages", () => {
  const { dependencies, files: published } = JSON.parse(read("package.json"));
  const names = Object.keys(dependencies);
  const packageOf = (target: string): string => target.split("/", target.startsWith("@") ? 2 : 1).join("/");
  const imported = ours
    .filter(({ path }) => !/^src\/(testing|cli\/demo)/.test(path))
    .flatMap(({ imports }) => imports.map(({ target }) => target))
    .filter((target) => !target.startsWith("node:") && !target.startsWith("src/"))
    .map(packageOf);

  it("are all used, and all that are used are there", () => {
    // `node` is not imported: it is what everything runs on.
    expect([...new Set([...imported, "node"])].sort()).toEqual([...names].sort());
  });

  it("each have a line that says what for in docs/decisions/dependencies.md", () => {
    const page = read("docs/decisions/dependencies.md");
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it("come from whatever registry the reader uses", () => {
    expect(read("package-lock.json").match(/"resolved": .*/g) ?? []).toEqual([]);
  });

  it("are published without tests and sources", () => {
    expect(published).not.toContain("src");
  });
});

it("names no folder of somebody's machine", () => {
  const texts = files.filter((path) => /\.(ts|mjs|js|json|md|py|sh|ya?ml)$|^\.ci\//.test(path) && path !== "package-lock.json");
  const somewhere = /(?<![\w.$}-])\/(?:root|work|Users|home\/\w+)\/[\w.-]+/g;
  expect(texts.flatMap((path) => (read(path).match(somewhere) ?? []).map((text) => `${path}: ${text}`))).toEqual([]);
});

/** The folders of the services, in the order of the list. */
function serviceOrder(): string[] {
  const text = read("src/services/index.ts");
  const folderOf = new Map(
    [...text.matchAll(/import \{ (\w+) \} from "\.\/([^/]+)\/index\.ts"/g)].map(([, name, folder]) => [name!, folder!]),
  );
  const [, list = ""] = /= \[([\s\S]*?)\];/.exec(text) ?? [];
  return [...list.matchAll(/\w+/g)].map(([name]) => folderOf.get(name) ?? name);
}
