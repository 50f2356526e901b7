import type { Context } from "../context.ts";
import { asSection, copyOf, isAbsent, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { apiIdOf } from "../event-source/rest-api.ts";
import { ref } from "../intrinsic.ts";
import { sha1, shortHash } from "../logical-id.ts";
import { jsonOf, shown } from "../python.ts";
import { type Resource, resource } from "../resource.ts";
import { type Declared, typeOf } from "../serverless-type.ts";
import { tagList } from "../tag.ts";

/**
 * The deployment and the stage that has it. A deployment never changes, so its id has a hash of the definition: a new one
 * is made when that changes. https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
 */
export function deploymentAndStage(declared: Declared, body: Value, context: Context): [Resource, Resource] {
  const { id, properties, passedOn } = declared;
  const asked = properties["OpenApiVersion"];
  const made: Section = { RestApiId: ref(id), StageName: isTruthy(asked) ? undefined : "Stage" };
  let suffix = "";
  if (isTruthy(body)) {
    const hashed = isTruthy(properties["AlwaysDeploy"]) ? String(context.surroundings.now) : whatIsDeployed(declared, body, context);
    suffix = shortHash(hashed);
    made["Description"] = `RestApi deployment id: ${sha1(hashed)}`;
  }
  const deployment = resource("AWS::ApiGateway::Deployment", `${id}Deployment${suffix}`, made, passedOn);
  return [deployment, stage(declared, deployment)];
}

const DELIMITER = "||";

function whatIsDeployed({ id, properties }: Declared, body: Value, context: Context): string {
  const hashed = [shown(body)];
  const { Domain, OpenApiVersion } = properties;
  if (isTruthy(OpenApiVersion)) hashed.push(isText(OpenApiVersion) ? OpenApiVersion : shown(OpenApiVersion));
  if (isTruthy(Domain)) hashed.push(jsonOf(Domain));
  const functions = functionNames(id, context);
  if (functions !== "") hashed.push(functions);
  return hashed.join(DELIMITER);
}

/** The given names of the functions that the API calls, once for each of its methods: when one has another name, permissions do. */
function functionNames(apiId: string, context: Context): string {
  const resources = Object.values(asSection(context.declared["Resources"])).filter((each) => typeOf(each) === "AWS::Serverless::Function");
  return resources
    .flatMap((resource) => {
      const { Events, FunctionName } = asSection(asSection(resource)["Properties"]);
      const isOfApi = (event: Value): boolean => {
        const given = asSection(asSection(event)["Properties"])["RestApiId"];
        return typeOf(event) === "Api" && !isAbsent(given) && apiIdOf(given) === apiId;
      };
      const name = context.resolve(copyOf(FunctionName));
      if (!isTruthy(name)) return [];
      return Object.values(asSection(Events))
        .filter(isOfApi)
        .map(() => (isText(name) ? name : shown(name)));
    })
    .join("");
}

function stage({ id, properties, passedOn }: Declared, deployment: Resource): Resource {
  const { StageName, Tags } = properties;
  const prefix = isText(StageName) ? StageName : "";
  const itsId = /^[\p{L}\p{N}]+$/u.test(prefix) ? `${id}${prefix}Stage` : `${id}Stage${shortHash(prefix)}`;
  const made: Section = {
    RestApiId: ref(id),
    DeploymentId: ref(deployment.id),
    StageName,
    Tags: isSection(Tags) ? tagList(Tags) : undefined,
  };
  for (const name of AS_GIVEN) made[name] = properties[name];
  return resource("AWS::ApiGateway::Stage", itsId, made, passedOn);
}

const AS_GIVEN = [
  "CacheClusterEnabled",
  "CacheClusterSize",
  "Variables",
  "MethodSettings",
  "AccessLogSetting",
  "CanarySetting",
  "TracingEnabled",
];
