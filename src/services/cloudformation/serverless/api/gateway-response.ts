import { isAbsent, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { expectMap, resourceOwner } from "../expect.ts";
import { isIntrinsic } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { editSwagger, isSwagger } from "../openapi/swagger.ts";
import { display, typeName } from "../python.ts";
import { dictionary, own, put, write } from "../python-dictionary.ts";
import { entriesOf, namesOf } from "../python-marks.ts";
import { orderOfPython27 } from "../python-order.ts";
import type { Declared } from "../serverless-type.ts";

const MEMBERS = ["ResponseParameters", "ResponseTemplates", "StatusCode"];

/** What API Gateway answers when it fails itself. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html */
export function addGatewayResponses({ id, properties }: Declared, definition: Value): Value {
  const given = properties["GatewayResponses"];
  if (!isTruthy(given) || !isSection(given)) return definition;
  const invalid = (message: string) => invalidResource(id, message);
  if (!isTruthy(definition)) {
    throw invalid("GatewayResponses works only with inline Swagger specified in 'DefinitionBody' property.");
  }
  for (const [type, response] of entriesOf(given)) {
    if (isIntrinsic(response)) {
      throw invalid("Unable to set GatewayResponses attribute because intrinsic functions are not supported for this field.");
    }
    if (!isSection(response)) {
      // SAM's own word for a text of a template with REST APIs.
      throw invalid(
        `Invalid property type '${isText(response) ? "Py27UniStr" : typeName(response)}' for GatewayResponses. Expected an object of type 'GatewayResponse'.`,
      );
    }
    const unknown = namesOf(response).find((name) => !MEMBERS.includes(name));
    if (unknown !== undefined) throw invalid(`Invalid property '${unknown}' in 'GatewayResponses' property '${type}'.`);
  }
  if (!isSwagger(definition)) {
    throw invalid("Unable to add Auth configuration because 'DefinitionBody' does not contain a valid Swagger definition.");
  }
  return editSwagger(definition, ({ gatewayResponses }) => {
    const all = new Map(entriesOf(given).map(([type, response]) => [type, read(id, type, response as Section)]));
    for (const type of orderOfPython27([...all.keys()])) put(gatewayResponses, type, all.get(type)!());
  });
}

const PREFIXES = { Headers: "header.", Paths: "path.", QueryStrings: "querystring." } as const;

/** All responses are checked before one is written. */
function read(id: string, type: string, response: Section): () => Section {
  const owner = resourceOwner(id);
  const { ResponseParameters, ResponseTemplates, StatusCode } = response;
  const parameters = isTruthy(ResponseParameters)
    ? expectMap(ResponseParameters, owner, `GatewayResponses.${type}.ResponseParameters`)
    : {};
  const unknown = namesOf(parameters).find((name) => !Object.hasOwn(PREFIXES, name));
  if (unknown !== undefined) throw invalidResource(id, `Invalid gateway response parameter '${unknown}'`);
  const status = isAbsent(StatusCode) ? "" : display(StatusCode);
  if (isTruthy(StatusCode) && !/^[0-9]{1,3}$/.test(status)) throw invalidResource(id, "Property 'StatusCode' must be numeric");
  return () => {
    const prefixed = dictionary();
    for (const [name, prefix] of Object.entries(PREFIXES)) {
      const its = expectMap(Object.hasOwn(parameters, name) ? parameters[name] : {}, owner, `ResponseParameters.${name}`);
      for (const [key, value] of entriesOf(its)) put(prefixed, `gatewayresponse.${prefix}${key}`, value);
    }
    const made = dictionary({
      responseParameters: prefixed,
      responseTemplates: isTruthy(ResponseTemplates) ? ResponseTemplates : dictionary(),
    });
    if (status !== "") write(made, "statusCode", own(status));
    return made;
  };
}
