import { fault } from "../../kernel/fault.ts";
import { page } from "../../kernel/page.ts";
import type { Tags } from "../../kernel/tag.ts";

/** As the wire has it. */
export interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

type Value = string | number | boolean | undefined;

/** By name of the filter, the value or values that a resource has. */
export type Filterable = Readonly<Record<string, Value | readonly Value[]>>;

const PAGE_MAX = 1000;

/**
 * Whether a resource fits all filters: each with one of its values, in which * and ? stand for other characters.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
export function fits(filters: readonly Filter[] | undefined, values: Filterable, tags: Tags = {}): boolean {
  return (filters ?? []).every(({ Name = "", Values = [] }) => {
    const has = valuesOf(Name, values, tags);
    return Values.some((wanted) => has.some((value) => isLike(String(value), wanted)));
  });
}

/** Refuses filters by other names also where there is nothing that could be filtered. */
export function checkNames(filters: readonly Filter[] | undefined, names: readonly string[]): void {
  const unknown = (filters ?? []).find(({ Name = "" }) => !names.includes(Name) && !/^tag(:|-key$|-value$)/.test(Name));
  if (unknown !== undefined) fault("InvalidParameterValue", `The filter '${unknown.Name}' is invalid`);
}

/** By each of the names, the value or values that a resource has. */
export type Named<Names extends readonly string[]> = Readonly<Record<Names[number], Value | readonly Value[]>>;

/** One page of what was found, in the order of the ids. */
export function paged<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  { MaxResults = PAGE_MAX, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { items: T[]; next: { NextToken?: string } } {
  const invalid = (): never => fault("InvalidNextToken", "The token is invalid.");
  const sorted = [...items].sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
  const { items: found, nextToken } = page(sorted, idOf, MaxResults, NextToken, invalid);
  return { items: found, next: nextToken === undefined ? {} : { NextToken: nextToken } };
}

function valuesOf(name: string, values: Filterable, tags: Tags): readonly Value[] {
  if (name.startsWith("tag:")) {
    const value = tags[name.slice(4)];
    return value === undefined ? [] : [value];
  }
  if (name === "tag-key") return Object.keys(tags);
  if (name === "tag-value") return Object.values(tags);
  if (!(name in values)) return fault("InvalidParameterValue", `The filter '${name}' is invalid`);
  const value = values[name];
  return Array.isArray(value) ? value : value === undefined ? [] : [value as Value];
}

function isLike(text: string, wanted: string): boolean {
  if (!/[*?\\]/.test(wanted)) return text === wanted;
  // From the end of a run of stars on, the rest may begin anywhere.
  const match = (t: number, w: number): boolean => {
    for (let at = w; ; at++, t++) {
      if (at === wanted.length) return t === text.length;
      if (wanted[at] === "*") {
        for (let from = t; from <= text.length; from++) if (match(from, at + 1)) return true;
        return false;
      }
      if (t === text.length) return false;
      if (wanted[at] === "\\" && at + 1 < wanted.length) at++;
      else if (wanted[at] === "?") continue;
      if (wanted[at] !== text[t]) return false;
    }
  };
  return match(0, 0);
}
