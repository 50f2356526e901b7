import type { Context } from "../context.ts";
import { isAbsent, isTruthy } from "../draft.ts";
import type { DeclaredEvent } from "../event-source/event-source.ts";
import { definedTwice, linkRestApi, restApiProperties, routeOf } from "../event-source/rest-api.ts";
import { authorizeMethod } from "../event-source/rest-api-auth.ts";
import { addStateMachineIntegration } from "../openapi/integration.ts";
import { hasIntegration } from "../openapi/path.ts";
import { editSwagger } from "../openapi/swagger.ts";
import { boolean, mayBeLiteral } from "../property.ts";
import type { Resource } from "../resource.ts";
import { type Started, type StartingSource, startingRole } from "./starting.ts";

/** A method of a REST API that starts the state machine. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-statemachine-statemachineapi.html */
export const restApi: StartingSource = {
  type: "Api",
  properties: { ...restApiProperties, UnescapeMappingTemplate: mayBeLiteral(boolean) },
  link: linkRestApi,
  transform(event, started, context) {
    const role = startingRole(event, started, "apigateway.amazonaws.com");
    integrate(event, started, role, context);
    return [role];
  },
};

function integrate(event: DeclaredEvent, { target, passedOn }: Started, role: Resource, context: Context): void {
  const linked = linkRestApi(event, context);
  const api = linked.properties;
  if (!isTruthy(api["__MANAGE_SWAGGER"]) || isAbsent(api["DefinitionBody"])) return;
  const route = routeOf(event);
  const { Auth, Stage, UnescapeMappingTemplate } = event.properties;
  api["DefinitionBody"] = editSwagger(api["DefinitionBody"], (swagger) => {
    if (hasIntegration(swagger.paths, route.path, route.method)) throw definedTwice(event.name, route);
    const template = isTruthy(UnescapeMappingTemplate) ? unescapedTemplate(target.id) : requestTemplate(target.id);
    addStateMachineIntegration(swagger, route, role.id, template, passedOn["Condition"]);
    // The stage is the event's own here: that of the API is not looked up.
    if (isTruthy(Auth)) authorizeMethod(swagger, event, route, linked, Stage, context);
  });
}

/** The request's body as the execution's input. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html */
const requestTemplate = (id: string): string => `{"input": "$util.escapeJavaScript($input.json('$'))", "stateMachineArn": "\${${id}}"}`;

/** escapeJavaScript escapes single quotes, too, which is no JSON. */
const unescapedTemplate = (id: string): string =>
  `{"input": "$util.escapeJavaScript($input.json('$')).replaceAll("\\\\'","'")", "stateMachineArn": "\${${id}}"}`;
