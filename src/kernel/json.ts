/** Freeze a value all the way down, and refuse what JSON cannot hold. What is frozen already is taken as it is. */
export function freezeJson(value: unknown, where = "row"): void {
  if (typeof value !== "object" || value === null) {
    if (
      typeof value === "function" ||
      typeof value === "bigint" ||
      typeof value === "symbol" ||
      (typeof value === "number" && !Number.isFinite(value))
    ) {
      throw new Error(`not JSON: ${where} is ${String(value)}`);
    }
    return;
  }
  if (Object.isFrozen(value)) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) freezeJson(value[index], where);
  } else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw new Error(`not JSON: ${where} is a ${prototype.constructor?.name}`);
    for (const key in value) freezeJson((value as Record<string, unknown>)[key], key);
  }
  Object.freeze(value);
}

/** Whether two JSON values are the same; a member that is undefined is a member that is absent. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((item, index) => sameJson(item, other[index]))
    );
  }
  const a = one as Record<string, unknown>;
  const b = other as Record<string, unknown>;
  for (const key in a) if (!sameJson(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/** An SDK value as a row holds it: instants as milliseconds, absent members gone. */
export type Stored<T> = T extends Date
  ? number
  : T extends Uint8Array
    ? never
    : T extends (infer Item)[]
      ? Stored<Item>[]
      : T extends object
        ? { [K in keyof T]: Stored<T[K]> }
        : T;

/** Turn an SDK value into its stored form. Bytes have no such form: write them as a blob and store the digest. */
export function stored<T>(value: T): Stored<T> {
  if (value instanceof Date) return value.getTime() as Stored<T>;
  if (value instanceof Uint8Array) throw new Error("bytes belong in a blob");
  if (Array.isArray(value)) return value.map(stored) as Stored<T>;
  if (typeof value !== "object" || value === null) return value as Stored<T>;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) result[key] = stored(member);
  return result as Stored<T>;
}

/** An object without its members that are undefined or empty: they say nothing. */
export const present = (members: Readonly<Record<string, unknown>>): Record<string, any> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && !isEmpty(value)));

const isEmpty = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;

/**
 * A value whose members have other names, all the way down: an API writes vpcId where a template writes VpcId. The values of
 * members that `isOpaque` knows by their old name are somebody's own and stay.
 */
export function renamed(value: unknown, rename: (name: string) => string, isOpaque: (name: string) => boolean = () => false): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename, isOpaque));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [rename(name), isOpaque(name) ? member : renamed(member, rename, isOpaque)]),
  );
}

/** As most APIs write the names that templates have with a capital. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
export const upperFirst = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
