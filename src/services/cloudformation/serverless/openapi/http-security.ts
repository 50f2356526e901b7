import { hasMember, isList, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { write } from "../python-dictionary.ts";
import type { Route } from "./integration.ts";
import { branches, checkedSection, definitionsOf, isIntegrated, methodName, pathItems, wrong } from "./path.ts";

/** Who may call the routes of an HTTP API. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html */

/** Demand the default authorizer where a route has none of its own. */
export function demandByDefault(paths: Section, path: string, authorizer: string, scopes: Value): void {
  for (const item of pathItems(paths, path)) {
    for (const [name, method] of Object.entries(item)) {
      const its = methodName(name);
      if (its === "parameters" || its === "options") continue;
      if (!Object.hasOwn(item, its)) wrong(`Could not find ${its} in ${path} within DefinitionBody.`);
      for (const branch of branches(method)) {
        const definition = checkedSection(branch, `Definition of method '${name}' for path '${path}' should be a map.`);
        if (isIntegrated(definition) && !isTruthy(definition["security"])) definition["security"] = [{ [authorizer]: scopes }];
      }
    }
  }
}

/** What the event of a function says of its route. */
export function demandOfRoute(paths: Section, { path, method }: Route, auth: Section, authorizers: Value): void {
  const name = String(auth["Authorizer"]);
  for (const definition of definitionsOf(paths, path, method)) {
    let scopes: Value = [];
    if (name !== "NONE" && name !== "AWS_IAM") {
      const authorizer = isSection(authorizers) ? authorizers[name] : undefined;
      if (!isSection(authorizer)) wrong(`Type of authorizer '${name}' must be a dictionary`);
      const own = auth["AuthorizationScopes"];
      const its = isTruthy(own) ? own : (authorizer as Section)["AuthorizationScopes"];
      if (isTruthy(its)) scopes = its;
    }
    const security = hasMember(definition, "security") ? definition["security"] : [];
    if (!isList(security)) return wrong(`Type of security for path ${path} method ${method} must be a list`);
    write(definition, "security", [...security, { [name]: scopes }]);
  }
}
