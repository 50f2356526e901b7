import type { Context } from "./context.ts";
import { asSection, isSection, isTruthy } from "./draft.ts";
import type { Invalid } from "./invalid.ts";
import { emptyHttpDefinition } from "./openapi/http.ts";
import { emptySwagger } from "./openapi/swagger.ts";
import { typeOf } from "./serverless-type.ts";

/** An API that brings no definition gets an empty one, for events to write to. Before the implicit APIs, which write what events say. */
export function defaultDefinitions({ declared }: Context): Invalid[] {
  for (const resource of Object.values(asSection(declared["Resources"])).filter(isSection)) {
    const type = typeOf(resource);
    if (type !== "AWS::Serverless::Api" && type !== "AWS::Serverless::HttpApi") continue;
    const isHttp = type === "AWS::Serverless::HttpApi";
    // A REST API needs properties anyway: that it has none is said later.
    const properties = isSection(resource["Properties"]) ? resource["Properties"] : {};
    if (isTruthy(properties["DefinitionBody"]) || isTruthy(properties["DefinitionUri"])) continue;
    if (isHttp) resource["Properties"] = properties;
    properties["DefinitionBody"] = isHttp ? emptyHttpDefinition() : emptySwagger();
    properties["__MANAGE_SWAGGER"] = true;
  }
  return [];
}
