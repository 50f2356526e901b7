type Step = { readonly key: string } | { readonly index: number } | { readonly each: true } | { readonly anywhere: string };

const PART = /^(?:\.\.([\w-]+)|\.\*|\.([\w-]+)|\[\*\]|\[(-?\d+)\]|\['([^']*)'\]|\["([^"]*)"\])/;

/** The steps of a path such as $.commits[0].id, $..ref or $['a'][*]; undefined where it is none. Filter expressions are none. */
export function parseJsonPath(path: string): readonly Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  let rest = path.slice(1);
  while (rest !== "") {
    const [part, anywhere, name, index, single, double] = PART.exec(rest) ?? [];
    if (part === undefined) return undefined;
    const key = name ?? single ?? double;
    if (anywhere !== undefined) steps.push({ anywhere });
    else if (key !== undefined) steps.push({ key });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push({ each: true });
    rest = rest.slice(part.length);
  }
  return steps;
}

/** Every value that the path leads to. */
export const valuesAt = (steps: readonly Step[], document: unknown): readonly unknown[] =>
  steps.reduce<readonly unknown[]>((found, step) => found.flatMap((value) => follow(step, value)), [document]);

function follow(step: Step, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if ("each" in step) return Object.values(value);
  if ("index" in step) return Array.isArray(value) ? value.slice(step.index, step.index + 1 || undefined) : [];
  if ("key" in step) return Object.hasOwn(value, step.key) ? [(value as Record<string, unknown>)[step.key]] : [];
  const here = Object.hasOwn(value, step.anywhere) ? [(value as Record<string, unknown>)[step.anywhere]] : [];
  return [...here, ...Object.values(value).flatMap((inner) => follow(step, inner))];
}
