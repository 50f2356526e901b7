import { parse } from "yaml";

/** What an AppSpec file of the Lambda platform asks for. */
export interface LambdaAppSpec {
  readonly functionName: string;
  readonly alias: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
  readonly hooks: Readonly<Partial<Record<HookName, string>>>;
}

export type HookName = "BeforeAllowTraffic" | "AfterAllowTraffic";

const HOOKS: readonly HookName[] = ["BeforeAllowTraffic", "AfterAllowTraffic"];

/** Read one in YAML or JSON; a text where it is none, with CodeDeploy's words. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html */
export function parseLambdaAppSpec(text: string): LambdaAppSpec | string {
  const read = readAppSpec(text, "AWS Lambda", "AWS::Lambda::Function", HOOKS);
  if (typeof read === "string") return read;
  const { properties, hooks } = read;
  const { Name, Alias, CurrentVersion, TargetVersion } = properties;
  for (const [name, value] of Object.entries({ Name, Alias, CurrentVersion, TargetVersion })) {
    if (value === undefined || value === "") return `The AppSpec file is missing the property ${name}.`;
  }
  return {
    functionName: String(Name),
    alias: String(Alias),
    currentVersion: String(CurrentVersion),
    targetVersion: String(TargetVersion),
    hooks,
  };
}

/** What every AppSpec file of one resource has: the resource's properties, and a function for each hook. */
export function readAppSpec(
  text: string,
  platform: string,
  type: string,
  hookNames: readonly string[],
): { readonly properties: any; readonly hooks: Readonly<Record<string, string>> } | string {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    return `The AppSpec file is not valid YAML or JSON: ${(error as Error).message.split("\n")[0]}`;
  }
  const sections = checkVersion(document);
  if (typeof sections === "string") return sections;
  const resources = sections.get("resources");
  if (!Array.isArray(resources) || resources.length !== 1)
    return `The AppSpec file for an ${platform} deployment must have exactly one resource.`;
  const resource: any = Object.values(resources[0])[0];
  if (resource?.Type !== type) return `The resource of the AppSpec file must be of the type ${type}.`;
  const hooks: Record<string, string> = Object.assign({}, ...((sections.get("hooks") ?? []) as object[]));
  const unknown = Object.keys(hooks).find((name) => !hookNames.includes(name));
  if (unknown !== undefined) return `The AppSpec file has an unknown lifecycle event: ${unknown}.`;
  return { properties: resource.Properties ?? {}, hooks };
}

/** The sections of an AppSpec file, by their names in small letters; a text where it is none. */
export function checkVersion(document: unknown): ReadonlyMap<string, unknown> | string {
  if (typeof document !== "object" || document === null) return "The AppSpec file is missing or empty.";
  const sections = new Map(Object.entries(document).map(([name, value]) => [name.toLowerCase(), value]));
  const version = String(sections.get("version"));
  return version === "0" || version === "0.0" ? sections : "The AppSpec file must have a version of 0.0.";
}

/** The text of one, as CloudFormation and rollbacks make it. */
export function lambdaAppSpec({ functionName, alias, currentVersion, targetVersion, hooks }: LambdaAppSpec): string {
  const Properties = { Name: functionName, Alias: alias, CurrentVersion: currentVersion, TargetVersion: targetVersion };
  const Hooks = Object.entries(hooks).map(([name, fn]) => ({ [name]: fn }));
  return JSON.stringify({
    version: 0,
    Resources: [{ [functionName]: { Type: "AWS::Lambda::Function", Properties } }],
    ...(Hooks.length > 0 && { Hooks }),
  });
}
