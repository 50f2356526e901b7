import { parse } from "yaml";

/**
 * A stack's deployment file: which template, with which parameters and tags.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync-concepts-terms.html
 */
export interface DeploymentFile {
  readonly templatePath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A deployment file that says nothing useful, in a sentence. */
export class DeploymentFileProblem extends Error {}

const KEYS: readonly string[] = ["template-file-path", "parameters", "tags"];

/** Read a deployment file, YAML or JSON. */
export function readDeploymentFile(text: string, path: string): DeploymentFile {
  const value = parsed(text, path);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new DeploymentFileProblem(`Deployment file ${path} is not a map.`);
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new DeploymentFileProblem(`Deployment file ${path} has the unknown key ${unknown}.`);
  const { "template-file-path": template, parameters, tags } = value as Readonly<Record<string, unknown>>;
  if (typeof template !== "string" || template === "")
    throw new DeploymentFileProblem(`Deployment file ${path} does not specify template-file-path.`);
  return { templatePath: inRepository(template, path), parameters: texts(parameters, "parameters", path), tags: texts(tags, "tags", path) };
}

function parsed(text: string, path: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new DeploymentFileProblem(`Deployment file ${path} is not valid YAML: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** Paths are from the root of the repository, with or without ./ or / before. */
function inRepository(template: string, path: string): string {
  const steps: string[] = [];
  for (const step of template.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined)
      throw new DeploymentFileProblem(`The template-file-path of deployment file ${path} leads out of the repository.`);
  }
  return steps.join("/");
}

/** A map of plain values, as texts. */
function texts(value: unknown, name: string, path: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw new DeploymentFileProblem(`The ${name} of deployment file ${path} are not a map.`);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (Array.isArray(item)) return [key, item.join(",")];
      if (typeof item === "object" && item !== null)
        throw new DeploymentFileProblem(`The value of ${key} in the ${name} of deployment file ${path} is not a text.`);
      return [key, String(item ?? "")];
    }),
  );
}
