import { isFault } from "../../kernel/fault.ts";
import type { TransformSurroundings } from "./built-in-transform.ts";
import { readSnippet } from "./syntax.ts";
import type { JsonObject } from "./value.ts";

/** Why a snippet cannot be included. */
export class UnfitSnippet extends Error {}

const refuse = (message: string): never => {
  throw new UnfitSnippet(message);
};

const NOT_A_SNIPPET = "The specified S3 object's content should be valid Yaml/JSON";

/**
 * AWS::Include: the members of an object in S3 come to where the transform stands, over those that are there.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
 */
export function includeSnippet(fragment: JsonObject, { Location }: JsonObject, { textAt }: TransformSurroundings): JsonObject {
  if (typeof Location !== "string") return refuse("The location parameter is not a valid S3 uri.");
  const [, bucket] = /^s3:\/\/([^/]+)\/.+$/s.exec(Location) ?? refuse("The location parameter is not a valid S3 uri.");
  const found = textAt(Location);
  if (found.state === "absent")
    return refuse(/bucket does not exist/.test(found.reason) ? `S3 bucket [${bucket}] does not exist.` : found.reason);
  const snippet = read(found.value);
  // A snippet cannot ask for transforms itself.
  if (JSON.stringify(snippet).includes('"Fn::Transform"')) refuse(NOT_A_SNIPPET);
  return { ...fragment, ...snippet };
}

function read(text: string): JsonObject {
  try {
    return readSnippet(text);
  } catch (error) {
    if (!isFault(error)) throw error;
    return refuse(NOT_A_SNIPPET);
  }
}
