/** A template with one thing in it changed. */
export interface Mutant {
  /** What was done to it, and where. */
  readonly name: string;
  readonly template: unknown;
}

type Json = null | string | number | boolean | Json[] | { [name: string]: Json };

/** Every template that comes of one change to one place: taken away, of another kind, under another name, twice. */
export function* mutantsOf(template: Json): Generator<Mutant> {
  for (const path of pathsOf(template)) {
    const place = `/${path.join("/")}`;
    const last = path.at(-1)!;
    const value = at(template, path);
    yield { name: `without ${place}`, template: changed(template, path, (holder) => remove(holder, last)) };
    for (const other of othersThan(value)) {
      const name = `${place} = ${JSON.stringify(other)}`;
      yield { name, template: changed(template, path, (holder) => Object.assign(holder, { [last]: other })) };
    }
    if (typeof last === "string") {
      const rename = (holder: any) => {
        holder[`${last}X`] = holder[last];
        delete holder[last];
      };
      yield { name: `${place} renamed`, template: changed(template, path, rename) };
      const beside = changed(template, path, (holder) => Object.assign(holder, { [`${last}-X`]: value }));
      yield { name: `beside ${place}`, template: beside };
    } else {
      yield { name: `${place} twice`, template: changed(template, path, (holder) => holder.push(value)) };
    }
  }
}

function* pathsOf(value: Json, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const inner = [...path, Array.isArray(value) ? Number(name) : name];
    yield inner;
    yield* pathsOf(member as Json, inner);
  }
}

const at = (value: any, path: readonly (string | number)[]): Json => path.reduce((inner, step) => inner[step], value);

function changed(template: Json, path: readonly (string | number)[], change: (holder: any) => void): unknown {
  const copy = structuredClone(template);
  change(at(copy, path.slice(0, -1)));
  return copy;
}

function remove(holder: any, name: string | number): void {
  if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else delete holder[name];
}

function othersThan(value: Json): Json[] {
  const kinds: Json[] = ["text", ["text"], { Name: "text" }, { Ref: "Nobody" }];
  return kinds.filter((kind) => kindOf(kind) !== kindOf(value) || kindOf(kind) === "object");
}

const kindOf = (value: Json): string => (Array.isArray(value) ? "list" : typeof value);
