/** The SELinux context of a permission. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html */
export interface Context {
  readonly user?: string;
  readonly type: string;
  /** Such as s0-s2:c0,c2.c5 */
  readonly range?: string;
}

const CATEGORY_MAX = 1023;

export function contextOf(said: Readonly<Record<string, unknown>>): Context {
  const { name, type, range } = said;
  if (type === undefined || type === null)
    throw new Error(
      `The deployment failed because the application specification file specifies an invalid context type (${inRuby(said)}). Update the permissions section of the AppSpec file, and then try again.`,
    );
  const hasRange = range !== undefined && range !== null;
  return { ...(name ? { user: String(name) } : {}), type: String(type), ...(hasRange && { range: rangeOf(String(range)) }) };
}

const inRuby = (said: object): string =>
  `{${Object.entries(said)
    .map(([key, value]) => `${JSON.stringify(key)}=>${JSON.stringify(value)}`)
    .join(", ")}}`;

/** What semanage is told of it. */
export const argumentsOf = ({ user, type, range }: Context): string[] => [
  ...(user === undefined ? [] : ["-s", user]),
  "-t",
  type,
  ...(range === undefined ? [] : ["-r", range]),
];

/** Sensitivities from the lowest to the highest, and categories. */
function rangeOf(text: string): string {
  const [sensitivities, categories] = partsOf(text, ":");
  const [low, high = low!] = partsOf(sensitivities!, "-").map(sensitivityOf);
  if (high < low!)
    throw new Error(
      `The deployment failed because of a problem with the SELinux range specified (${text}) for the context parameter in the permissions section of the application specification file. Make corrections in the permissions section of the AppSpec file, and then try again.`,
    );
  const levels = low === high ? `s${low}` : `s${low}-s${high}`;
  return categories === undefined ? levels : `${levels}:${categoriesOf(categories)}`;
}

function partsOf(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  const parts = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
  if (parts.includes("")) throw new Error(`invalid range part ${text}`);
  return parts;
}

function sensitivityOf(text: string): number {
  if (!/^s\d+$/.test(text)) throw new Error(`invalid sensitivity ${text}`);
  return Number(text.slice(1));
}

function categoryOf(text: string): number {
  const number = /^c\d+$/.test(text) ? Number(text.slice(1)) : Number.NaN;
  if (!(number <= CATEGORY_MAX)) throw new Error(`invalid category ${text}`);
  return number;
}

/** In order, those that follow each other as c1.c4. */
function categoriesOf(text: string): string {
  const numbers = text.split(",").flatMap((part) => {
    const [from, to = from!] = partsOf(part, ".").map(categoryOf);
    if (to < from!) throw new Error(`invalid category range c${from}.c${to}`);
    return Array.from({ length: to - from! + 1 }, (_, index) => from! + index);
  });
  numbers.sort((one, other) => one - other);
  if (new Set(numbers).size < numbers.length) throw new Error("duplicate categories");
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `c${from}` : `c${from}.c${to}`)).join(",");
}
