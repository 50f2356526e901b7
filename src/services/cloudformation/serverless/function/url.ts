import { asSection, isList, isTruthy, type Section, unlessEmpty, type Value } from "../draft.ts";
import { expectMap, resourceOwner } from "../expect.ts";
import { isIntrinsic, ref } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { integer } from "../property.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-functionurlconfig.html */
export function functionUrl({ id, properties, passedOn }: Declared, alias: Resource | undefined): Resource[] {
  const config = properties["FunctionUrlConfig"];
  if (!isTruthy(config)) return [];
  const given = asSection(config);
  if (!isIntrinsic(given)) {
    checkAuthType(id, given["AuthType"]);
    checkCors(id, given["Cors"]);
  }
  const { AuthType, Cors, InvokeMode } = given;
  const target = ref(alias?.id ?? id);
  const url = { AuthType, Cors: unlessEmpty(Cors), InvokeMode, TargetFunctionArn: target };
  const resources = [resource("AWS::Lambda::Url", `${id}Url`, url, passedOn)];
  if (AuthType !== "NONE" || isIntrinsic(given)) return resources;
  const permission = (suffix: string, rest: Section): Resource =>
    resource("AWS::Lambda::Permission", `${id}${suffix}`, { FunctionName: target, Principal: "*", ...rest }, passedOn);
  return [
    ...resources,
    permission("UrlPublicPermissions", { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: AuthType }),
    permission("URLInvokeAllowPublicAccess", { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }),
  ];
}

function checkAuthType(id: string, type: Value): void {
  if (isIntrinsic(type) || type === "AWS_IAM" || type === "NONE") return;
  throw invalidResource(
    id,
    "AuthType is required to configure function property `FunctionUrlConfig`. Please provide either AWS_IAM or NONE.",
  );
}

const CORS: Readonly<Record<string, readonly [type: string, is: (value: Value) => boolean]>> = {
  AllowOrigins: ["list", isList],
  AllowMethods: ["list", isList],
  AllowCredentials: ["bool", (value) => typeof value === "boolean"],
  AllowHeaders: ["list", isList],
  ExposeHeaders: ["list", isList],
  MaxAge: ["int", integer],
};

function checkCors(id: string, cors: Value): void {
  if (!isTruthy(cors) || isIntrinsic(cors)) return;
  for (const [name, value] of Object.entries(expectMap(cors, resourceOwner(id), "FunctionUrlConfig.Cors"))) {
    if (!Object.hasOwn(CORS, name)) throw invalidResource(id, `${name} is not a valid property for configuring Cors.`);
    const [type, is] = CORS[name]!;
    if (!isIntrinsic(value) && !is(value)) throw invalidResource(id, `${name} must be of type ${type}.`);
  }
}
