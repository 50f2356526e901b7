import type { Scope } from "../../../kernel/scope.ts";
import type { StackWish } from "../../cloudformation/api.ts";
import { type Artifact, fileOf } from "../artifact.ts";
import type { Run } from "../run.ts";

/** Something in the action's configuration cannot be made sense of; the message is for the pipeline's owner. */
export class Unreadable extends Error {}

type Parameters = Readonly<Record<string, string>>;

/** A template configuration file. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html */
interface TemplateConfiguration {
  readonly Parameters?: Parameters;
  readonly Tags?: Readonly<Record<string, string>>;
}

/** What the action's configuration asks of CloudFormation: the template and all that goes with it. */
export function wishOf(scope: Scope, run: Run, { stackName, token }: Pick<StackWish, "stackName" | "token">): StackWish {
  const { TemplatePath, TemplateConfiguration, Capabilities, RoleArn, ParameterOverrides } = run.configuration;
  const settings: TemplateConfiguration =
    TemplateConfiguration === undefined ? {} : parse(readPath(scope, run, TemplateConfiguration), "TemplateConfiguration");
  const overrides = ParameterOverrides === undefined ? {} : overridesOf(scope, run, ParameterOverrides);
  const parameters = { ...settings.Parameters, ...overrides };
  const capabilities = (Capabilities ?? "").split(",").map((one) => one.trim());
  return {
    stackName,
    token,
    templateBody: readPath(scope, run, TemplatePath!),
    parameters: Object.entries(parameters).map(([key, value]) => ({ key, value: String(value) })),
    capabilities: capabilities.filter((one) => one !== ""),
    ...(RoleArn && { roleArn: RoleArn }),
    ...(settings.Tags && { tags: Object.entries(settings.Tags).map(([Key, Value]) => ({ Key, Value })) }),
  };
}

/** The file that Artifact::path names. */
export function readPath(scope: Scope, { inputs }: Run, path: string): string {
  const [artifactName, file] = path.split("::", 2);
  const artifact = inputs.find(({ name }) => name === artifactName);
  if (artifact === undefined || file === undefined) throw new Unreadable(`The path ${path} does not name an input artifact of the action.`);
  return fileOf(scope, artifact, file) ?? missing(file, artifact);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html */
function overridesOf(scope: Scope, run: Run, text: string): Parameters {
  const declared = parse<Record<string, unknown>>(text, "ParameterOverrides");
  return Object.fromEntries(Object.entries(declared).map(([key, value]) => [key, evaluate(scope, run, value)]));
}

function evaluate(scope: Scope, { inputs }: Run, value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { "Fn::GetArtifactAtt": attribute, "Fn::GetParam": parameter } = value as Record<string, readonly string[] | undefined>;
  const [name, second, third] = attribute ?? parameter ?? [];
  const artifact = inputs.find((input) => input.name === name);
  if (artifact === undefined)
    throw new Unreadable(`The parameter override ${JSON.stringify(value)} does not name an input artifact of the action.`);
  return attribute !== undefined ? attributeOf(artifact, second!) : memberOf(scope, artifact, second!, third!);
}

function attributeOf({ bucket, key }: Artifact, attribute: string): string {
  switch (attribute) {
    case "BucketName":
      return bucket;
    case "ObjectKey":
      return key;
    case "URL":
      return `https://s3.amazonaws.com/${bucket}/${key}`;
    default:
      throw new Unreadable(`Fn::GetArtifactAtt knows BucketName, ObjectKey and URL, not ${attribute}.`);
  }
}

/** A member of a JSON file of the artifact. */
function memberOf(scope: Scope, artifact: Artifact, file: string, member: string): string {
  const value = parse<Record<string, unknown>>(fileOf(scope, artifact, file) ?? missing(file, artifact), file)[member];
  if (value === undefined) throw new Unreadable(`The file ${file} of artifact ${artifact.name} has no member ${member}.`);
  return String(value);
}

const missing = (file: string, { name }: Artifact): never => {
  throw new Unreadable(`File [${file}] does not exist in artifact [${name}]`);
};

function parse<T>(text: string, what: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Unreadable(`${what} is not valid JSON.`);
  }
}
