import { createRequire } from "node:module";
import { includeSnippet, UnfitSnippet } from "./include.ts";
import { extendLanguage, UnfitExtension } from "./language-extension.ts";
import type * as Serverless from "./serverless/index.ts";
import type { Json, JsonObject } from "./value.ts";

/** What a transform of CloudFormation's own knows besides the template. */
export interface TransformSurroundings {
  /** What Ref gives of the parameters and the pseudo parameters. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly region: string;
  /** The moment as Unix seconds. */
  readonly now: number;
  textAt(url: string): { readonly state: "value"; readonly value: string } | { readonly state: "absent"; readonly reason: string };
}

/** A transform that CloudFormation hosts. It decides by what it is given alone. */
export interface BuiltInTransform {
  apply(fragment: JsonObject, parameters: JsonObject, surroundings: TransformSurroundings): JsonObject;
  /** What it throws when the fragment is not as it should be: its message is the user's. */
  readonly refusal: new (
    ...about: never[]
  ) => Error;
  /** Whether Fn::Transform may ask for it, or the section Transform alone. */
  readonly embeddable: boolean;
}

/** SAM's translator, beside the sources or beside the bundle: most clouds never need it, and would be ready later for it. */
const translator = (): typeof Serverless =>
  createRequire(import.meta.url)(import.meta.url.endsWith(".ts") ? "./serverless/index.ts" : "../../serverless.js");

const serverless: BuiltInTransform = {
  apply: (body, _, { parameters, region, now }) =>
    translator().transformServerless(body, { parameters: { ...parameters } as Serverless.Surroundings["parameters"], region, now }),
  get refusal() {
    return translator().InvalidServerlessTemplate;
  },
  embeddable: false,
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html */
export const builtInTransforms: Readonly<Record<string, BuiltInTransform>> = {
  "AWS::Include": { apply: includeSnippet, refusal: UnfitSnippet, embeddable: true },
  "AWS::Serverless-2016-10-31": serverless,
  "AWS::LanguageExtensions": { apply: extendLanguage, refusal: UnfitExtension, embeddable: false },
};

/** Those that AWS hosts and Slipway does not: a template that asks for one is refused by its name. */
export const NOT_IMPLEMENTED: ReadonlySet<string> = new Set(
  [
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::ServiceCatalog",
  ].filter((name) => !Object.hasOwn(builtInTransforms, name)),
);
