import { isAbsent, isTruthy, type Section, type Value } from "../draft.ts";
import { invalidTemplate } from "../invalid.ts";
import { dictionary, list, own, plain, type Written, write } from "../python-dictionary.ts";
import { namesOf } from "../python-marks.ts";
import { ANY_METHOD, INTEGRATION, pathItems } from "./path.ts";
import type { Swagger } from "./swagger.ts";

/** The headers that answer a browser's preflight request. */
export interface Cors {
  readonly origin: Written;
  readonly headers: Value;
  readonly methods: Value;
  readonly maxAge: Value;
  readonly withCredentials: boolean;
}

/**
 * Let a path answer OPTIONS, where it does not do so already, with a mock.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 */
export function addCors({ paths }: Swagger, path: string, cors: Cors): void {
  let methods: Written = cors.methods;
  for (const item of pathItems(paths, path)) {
    if (Object.hasOwn(item, "options")) continue;
    if (!isTruthy(cors.origin)) throw invalidTemplate("Invalid input. Value for AllowedOrigins is required");
    // What the first branch of an Fn::If has counts for both.
    if (!isTruthy(methods)) methods = own(`'${methodsOf(item)}'`);
    write(item, "options", preflight(cors, methods));
  }
}

const ALL_METHODS = ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

function methodsOf(item: Section): string {
  const names = namesOf(item);
  const all = names.includes(ANY_METHOD) ? ALL_METHODS : [...names, "options"];
  return [...new Set(all.map((name) => name.toUpperCase()))].sort().join(",");
}

function preflight({ origin, headers, maxAge, withCredentials }: Cors, methods: Written): Section {
  const answers = dictionary();
  const described = dictionary();
  const add = (name: string, value: Written, type = "string"): void => {
    write(answers, `method.response.header.${name}`, value);
    write(described, name, plain({ type: own(type) }));
  };
  add("Access-Control-Allow-Origin", origin);
  if (isTruthy(headers)) add("Access-Control-Allow-Headers", headers);
  if (isTruthy(methods)) add("Access-Control-Allow-Methods", methods);
  if (!isAbsent(maxAge)) add("Access-Control-Max-Age", maxAge, "integer");
  if (withCredentials) add("Access-Control-Allow-Credentials", own("'true'"));
  const answer = dictionary({
    statusCode: own("200"),
    responseParameters: answers,
    responseTemplates: plain({ "application/json": own("{}\n") }),
  });
  const integration = dictionary({
    type: own("mock"),
    requestTemplates: plain({ "application/json": own('{\n  "statusCode" : 200\n}\n') }),
    responses: dictionary({ default: answer }),
  });
  return dictionary({
    summary: own("CORS support"),
    consumes: list(own("application/json")),
    produces: list(own("application/json")),
    [INTEGRATION]: integration,
    responses: dictionary({ "200": dictionary({ description: own("Default response for CORS method"), headers: described }) }),
  });
}
