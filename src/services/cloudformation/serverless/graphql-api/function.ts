import { asList, asSection, isAbsent, isTruthy, type Section, type Value } from "../draft.ts";
import { getAtt } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { display } from "../python.ts";
import { type Resource, withoutAbsent } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";
import { type DataSources, dataSourceName } from "./data-source.ts";
import { part } from "./part.ts";

/** The functions that resolvers are made of. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-graphqlapi-function.html */
export const functions = (declared: Declared, sources: DataSources): Resource[] =>
  entriesOf(declared.properties["Functions"]).flatMap(([name, given]) => {
    if (isTruthy(given["Id"])) {
      if (Object.keys(withoutAbsent(given)).length === 1) return [];
      throw invalidResource(name, "'Id' cannot be defined with other properties in Function.");
    }
    const { CodeUri, Description, InlineCode, MaxBatchSize, Name, Sync } = given;
    checkCode(name, given);
    if (!isTruthy(InlineCode) && !isTruthy(CodeUri)) throw invalidResource(name, "One of 'InlineCode' or 'CodeUri' must be set.");
    const made = {
      Name: isAbsent(Name) || Name === "" ? name : display(Name),
      ...(isTruthy(InlineCode) ? { Code: InlineCode } : { CodeS3Location: CodeUri }),
      DataSourceName: dataSourceName(declared, name, given["DataSource"], sources),
      MaxBatchSize,
      Description,
      Runtime: runtimeOf(name, given),
      SyncConfig: isTruthy(Sync) ? withoutAbsent(asSection(Sync)) : undefined,
    };
    return [part(declared, "FunctionConfiguration", name, made)];
  });

const entriesOf = (given: Value): [string, Section][] => Object.entries(asSection(given)).map(([name, each]) => [name, asSection(each)]);

function checkCode(name: string, { CodeUri, InlineCode }: Section): void {
  if (!isTruthy(InlineCode) || !isTruthy(CodeUri)) return;
  throw invalidResource(name, "Both 'InlineCode' and 'CodeUri' cannot be defined at the same time.");
}

function runtimeOf(name: string, { Runtime }: Section): Section {
  if (!isTruthy(Runtime)) throw invalidResource(name, `'Runtime' must be defined as a property in ${name}.`);
  const { Name, Version } = asSection(Runtime);
  return { Name, RuntimeVersion: Version };
}

/** What a pipeline does before and after its functions, when nothing is said: nothing. The console of AppSync proposes the same. */
const PASSING_CODE = [
  "",
  "export function request(ctx) {",
  "    return {};",
  "}",
  "",
  "export function response(ctx) {",
  "    return ctx.prev.result;",
  "}",
  "",
];
const PASSING = { Code: PASSING_CODE.join("\n"), Runtime: { Name: "APPSYNC_JS", RuntimeVersion: "1.0.0" } };

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-graphqlapi-resolver.html */
export const resolvers = (declared: Declared, schemaId: string): Resource[] =>
  entriesOf(declared.properties["Resolvers"]).flatMap(([type, fields]) =>
    entriesOf(fields).map(([name, given]) => resolver({ ...declared, dependsOn: [schemaId] }, type, name, given)),
  );

function resolver(declared: Declared, type: string, name: string, given: Section): Resource {
  const { Caching, CodeUri, FieldName, InlineCode, MaxBatchSize, Pipeline } = given;
  checkCode(name, given);
  const isGiven = isTruthy(InlineCode) || isTruthy(CodeUri);
  const code: Section = isGiven ? { Code: InlineCode, CodeS3Location: CodeUri, Runtime: runtimeOf(name, given) } : PASSING;
  if (!isTruthy(Pipeline)) {
    const instead = "Unit resolvers are not supported. If you need a Unit resolver you can use AppSync resource.";
    throw invalidResource(name, `Resolver '${name}' must have Pipeline defined. ${instead}`);
  }
  const made = {
    ...code,
    FieldName: isAbsent(FieldName) || FieldName === "" ? name : display(FieldName),
    TypeName: type,
    Kind: "PIPELINE",
    PipelineConfig: { Functions: asList(Pipeline).map((one) => functionId(declared, name, display(one))) },
    CachingConfig: isTruthy(Caching) ? withoutAbsent(asSection(Caching)) : undefined,
    MaxBatchSize: isTruthy(MaxBatchSize) ? MaxBatchSize : undefined,
  };
  return part(declared, "Resolver", type + name, made);
}

/** A function by the name that it has in the API: an own one, or one that is known by its id. */
function functionId({ id, properties }: Declared, resolver: string, name: string): Value {
  const all = asSection(properties["Functions"]);
  if (!Object.hasOwn(all, name)) throw invalidResource(resolver, `Function '${name}' does not exist.`);
  const known = asSection(all[name])["Id"];
  return isTruthy(known) ? known : getAtt(id + name, "FunctionId");
}
