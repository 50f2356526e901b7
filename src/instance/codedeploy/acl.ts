// The access control lists of permissions, as AWS's agent reads them and hands them to setfacl.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html

/** One entry, such as `user:deploy:rw-`. */
interface Entry {
  readonly isDefault: boolean;
  readonly type: "user" | "group" | "mask" | "other";
  readonly name: string;
  /** Such as r-x. */
  readonly may: string;
}

const TYPES = { u: "user", g: "group", m: "mask", o: "other", user: "user", group: "group", mask: "mask", other: "other" } as const;
const DEFAULTS = ["d", "default"];

/** Checked, and written out: `d:u:ann:6` is `default:user:ann:rw-`. */
export const aclOf = (said: readonly string[]): string[] => said.map((text) => written(entryOf(text, false)));

/** Whether it says what is made in a folder will have. */
export const hasDefault = (acl: readonly string[]): boolean => acl.some((text) => text.startsWith("default:"));

/** The whole list for a file or folder of this mode: what the list does not say of its owner, its group and all others, the mode does. */
export function wholeAcl(acl: readonly string[], mode: number): string[] {
  const [user, group, other] = [(mode >> 6) & 7, (mode >> 3) & 7, mode & 7].map(String);
  const entries = acl.map((text) => entryOf(text, true));
  const add = (text: string): void => void entries.push(entryOf(text, true));
  const has = (isDefault: boolean, type: Entry["type"], name?: string): boolean =>
    entries.some((entry) => entry.isDefault === isDefault && entry.type === type && (name === undefined || entry.name === name));
  const hasNamed = (isDefault: boolean): boolean => entries.some((entry) => entry.isDefault === isDefault && entry.name !== "");
  add(`:${user}`);
  add(`g::${group}`);
  add(`o::${other}`);
  if (hasNamed(false) && !has(false, "mask")) add(`m::${group}`);
  if (entries.some(({ isDefault }) => isDefault)) {
    if (!has(true, "user", "")) add(`d::${user}`);
    if (!has(true, "group", "")) add(`d:g::${group}`);
    if (!has(true, "other")) add(`d:o:${other}`);
    const owning = entries.find(({ isDefault, type, name }) => isDefault && type === "group" && name === "")!;
    if (hasNamed(true) && !has(true, "mask")) add(`d:m:${owning.may}`);
  }
  return entries.map(written);
}

const written = ({ isDefault, type, name, may }: Entry): string => `${isDefault ? "default:" : ""}${type}:${name}:${may}`;

/** `[default:][type:]name:permissions`; `isWhole` where the entries of the owner and the group may be among them. */
function entryOf(text: string, isWhole: boolean): Entry {
  const parts = String(text).split(":").reverse();
  const [permissions, second, third, fourth] = parts as [string, ...(string | undefined)[]];
  if (second === undefined || parts.length > 4) throw invalid(text);
  if (fourth !== undefined && !DEFAULTS.includes(fourth)) throw invalid(text);
  let isDefault = fourth !== undefined;
  let type: Entry["type"] | undefined;
  if (third !== undefined) {
    if (DEFAULTS.includes(third)) {
      if (isDefault) throw invalid(text);
      isDefault = true;
    } else {
      type = TYPES[third as keyof typeof TYPES];
      if (type === undefined) throw invalid(text);
    }
  }
  let name = second;
  const named = TYPES[second as keyof typeof TYPES];
  if (named === "mask" || named === "other") {
    name = type === undefined ? "" : named;
    type ??= named;
  }
  type ??= "user";
  if ((type === "mask" || type === "other") && name !== "") throw invalid(text);
  if (!isWhole && !isDefault && type !== "mask" && name === "")
    throw new Error(
      `The deployment failed because of a problem with the acls permission settings in the application specification file. Use mode to set the base acl entry (${text}). Update the permissions section of the AppSpec file, and then try again.`,
    );
  return { isDefault, type, name, may: mayOf(permissions, text) };
}

function mayOf(permissions: string, text: string): string {
  const bits = /^[0-7]$/.test(permissions) ? Number(permissions) : undefined;
  const wrong = bits === undefined ? /[^rwx-]/.exec(permissions)?.[0] : undefined;
  if (wrong !== undefined)
    throw new Error(
      `The deployment failed because the access control list (ACL) named ${text} in the application specification file contains an invalid character (${wrong}). Correct the ACL in the hooks section of the AppSpec file, and then try again.`,
    );
  const may = (char: string, bit: number): string => ((bits === undefined ? permissions.includes(char) : (bits & bit) !== 0) ? char : "-");
  return may("r", 4) + may("w", 2) + may("x", 1);
}

const invalid = (text: string): Error =>
  new Error(
    `The deployment failed because of a problem with the acls permission settings in the application specification file. Invalid acl entry (${text}).`,
  );
