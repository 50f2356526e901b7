import { isSection, isText, isTruthy, type Value } from "../draft.ts";
import { isIntrinsic } from "../intrinsic.ts";
import { Invalid, invalidResource } from "../invalid.ts";
import { addCors as addToPath, type Cors } from "../openapi/cors.ts";
import { editSwagger, isSwagger } from "../openapi/swagger.ts";
import { own, textOf, type Written } from "../python-dictionary.ts";
import { namesOf } from "../python-marks.ts";
import type { Declared } from "../serverless-type.ts";

const MEMBERS = ["AllowMethods", "AllowHeaders", "AllowOrigin", "MaxAge", "AllowCredentials"];

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-corsconfiguration.html */
export function addCors({ id, properties }: Declared, definition: Value): Value {
  const given = properties["Cors"];
  if (!isTruthy(given)) return definition;
  const invalid = (message: string) => invalidResource(id, message);
  if (!isTruthy(definition)) throw invalid("Cors works only with inline Swagger specified in 'DefinitionBody' property.");
  if (!isText(given) && !isSection(given)) throw invalid("Invalid value for 'Cors' property");
  const cors = readCors(id, given);
  const unable = "Unable to add Cors configuration because";
  if (!isSwagger(definition)) throw invalid(`${unable} 'DefinitionBody' does not contain a valid Swagger definition.`);
  if (cors.withCredentials && textOf(cors.origin) === ANY_ORIGIN) {
    throw invalid(`${unable} 'AllowCredentials' can not be true when 'AllowOrigin' is "'*'" or not set`);
  }
  return editSwagger(definition, (swagger) => {
    // API Gateway takes a path with and without a slash at its end as the same.
    const done = new Set<string>();
    for (const path of namesOf(swagger.paths)) {
      const trimmed = path === "/" ? path : path.replace(/\/+$/, "");
      if (done.has(trimmed)) continue;
      done.add(trimmed);
      try {
        addToPath(swagger, path, cors);
      } catch (error) {
        throw error instanceof Invalid ? invalid(error.message) : error;
      }
    }
  });
}

const ANY_ORIGIN = "'*'";

function readCors(id: string, given: Value): Cors {
  const section = isSection(given) && !isIntrinsic(given) ? given : undefined;
  const unknown = namesOf(section ?? {}).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw invalidResource(id, `Invalid key '${unknown}' for 'Cors' property.`);
  const origin: Written = section === undefined ? given : Object.hasOwn(section, "AllowOrigin") ? section["AllowOrigin"] : own(ANY_ORIGIN);
  return {
    origin,
    headers: section?.["AllowHeaders"],
    methods: section?.["AllowMethods"],
    maxAge: section?.["MaxAge"],
    withCredentials: section?.["AllowCredentials"] === true,
  };
}
