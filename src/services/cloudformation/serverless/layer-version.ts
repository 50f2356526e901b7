import { codeIn } from "./code-location.ts";
import type { Context } from "./context.ts";
import { copyOf, isAbsent, isList, isSection, isText, isTruthy, unlessEmpty, type Value } from "./draft.ts";
import { isIntrinsic } from "./intrinsic.ts";
import { invalidResource } from "./invalid.ts";
import { shortHash } from "./logical-id.ts";
import { boolean, listOf, map, may, must, oneOf, text } from "./property.ts";
import { resource, withoutAbsent } from "./resource.ts";
import type { Declared, ServerlessType } from "./serverless-type.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-layerversion.html */
export const layerVersion: ServerlessType = {
  type: "AWS::Serverless::LayerVersion",
  properties: {
    LayerName: may(oneOf(text, map)),
    Description: may(text),
    PublishLambdaVersion: may(boolean),
    ContentUri: must(oneOf(text, map)),
    CompatibleArchitectures: may(listOf(oneOf(text, map))),
    CompatibleRuntimes: may(listOf(oneOf(text, map))),
    LicenseInfo: may(text),
    RetentionPolicy: may(text),
  },
  transform(declared, context) {
    const { properties } = declared;
    for (const name of ["LayerName", "LicenseInfo", "Description", "RetentionPolicy"]) {
      properties[name] = resolvedText(declared.id, properties[name], name, context);
    }
    const retention = retentionPolicy(declared.id, properties["RetentionPolicy"]);
    const attributes = {
      DeletionPolicy: "Retain",
      ...declared.passedOn,
      ...(retention === undefined ? {} : { DeletionPolicy: retention }),
    };
    const name = declared.id;
    declared.id = `${name}${hashOf(declared)}`;
    const { CompatibleArchitectures, CompatibleRuntimes, ContentUri, Description, LayerName, LicenseInfo } = properties;
    checkArchitectures(declared.id, CompatibleArchitectures);
    const made = {
      Content: codeIn(ContentUri, declared.id, "ContentUri"),
      Description,
      LayerName: unlessEmpty(LayerName) ?? name,
      CompatibleArchitectures,
      CompatibleRuntimes,
      LicenseInfo,
    };
    return [resource("AWS::Lambda::LayerVersion", declared.id, made, attributes, declared.dependsOn)];
  },
};

/** A layer version never changes: anything new in it is a new resource, which its id says. How long it is kept is not. */
function hashOf({ id, properties, attributes, dependsOn }: Declared): string {
  const { DeletionPolicy: _, UpdateReplacePolicy: __, Metadata: ___, ...kept } = attributes;
  const declared = {
    Type: layerVersion.type,
    ...(isTruthy(dependsOn) ? { DependsOn: dependsOn } : {}),
    ...kept,
    Properties: withoutAbsent(properties),
  };
  return shortHash({ [id]: copyOf(declared) });
}

/** A text in which parameters may stand. */
export function resolvedText(id: string, value: Value, property: string, context: Context): Value {
  if (!isTruthy(value)) return value;
  const resolved = context.resolve(value);
  if (isText(resolved) || isSection(resolved)) return resolved;
  throw invalidResource(id, `Could not resolve parameter for '${property}' or parameter is not a String.`);
}

const RETENTION = ["Retain", "Delete"];

function retentionPolicy(id: string, policy: Value): string | undefined {
  const options = "['Retain', 'Delete']";
  if (isIntrinsic(policy)) {
    throw invalidResource(id, `'RetentionPolicy' does not accept intrinsic functions, please use one of the following options: ${options}`);
  }
  if (isAbsent(policy)) return undefined;
  if (!isText(policy)) throw invalidResource(id, `Invalid 'RetentionPolicy' type, please use one of the following options: ${options}`);
  const found = RETENTION.find((option) => option.toLowerCase() === policy.toLowerCase());
  if (found === undefined) throw invalidResource(id, `'RetentionPolicy' must be one of the following options: ${options}.`);
  return found;
}

function checkArchitectures(id: string, architectures: Value): void {
  if (!isList(architectures)) return;
  if (architectures.every((one) => isIntrinsic(one) || one === "arm64" || one === "x86_64")) return;
  throw invalidResource(id, "CompatibleArchitectures needs to be a list of 'x86_64' or 'arm64'");
}
