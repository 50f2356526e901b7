import { isAbsent, isList, isSame, isSection, isText, isTruthy, type Section, type Value } from "../draft.ts";
import { display } from "../python.ts";
import { dictionary, list, own, plain, type Written, write } from "../python-dictionary.ts";
import { namesOf } from "../python-marks.ts";
import { checkedSection, pathItems, withStars, wrong } from "./path.ts";
import { POLICY, type Swagger } from "./swagger.ts";

/**
 * Who may call a REST API from where: white and black lists of accounts, addresses, VPCs and their endpoints.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html
 */
export function addResourcePolicy(swagger: Swagger, given: Value, path: string, stage: Written): void {
  const lists = checkedSection(given, "Resource Policy is not a valid dictionary.");
  const resources = methodsAsResources(swagger, path, stage);
  const { policy } = swagger;
  accounts(policy, lists["AwsAccountWhitelist"], "Allow", resources);
  accounts(policy, lists["AwsAccountBlacklist"], "Deny", resources);
  addresses(policy, lists["IpRangeWhitelist"], "NotIpAddress", resources);
  addresses(policy, lists["IpRangeBlacklist"], "IpAddress", resources);
  for (const [colour, operator] of [
    ["Black", "StringEquals"],
    ["White", "StringNotEquals"],
  ] as const) {
    networks(policy, lists, colour, operator, resources);
  }
  write(swagger.document, POLICY, policy);
}

export function addCustomStatements(swagger: Swagger, given: Value): void {
  const isAlone = isAbsent(swagger.policy["Statement"]);
  addStatements(swagger.policy, isList(given) ? given : [given], true);
  if (isAlone) write(swagger.policy, "Statement", given);
  write(swagger.document, POLICY, swagger.policy);
}

function methodsAsResources({ paths }: Swagger, path: string, stage: Written): Value[] {
  const methods = pathItems(paths, path).flatMap(namesOf);
  return methods.map((method) => {
    const isAny = ["any", "x-amazon-apigateway-any-method"].includes(method.toLowerCase());
    const resource = `execute-api:/\${__Stage__}/${isAny ? "*" : method.toUpperCase()}${withStars(path)}`;
    return plain({ "Fn::Sub": list(resource, plain({ __Stage__: stage })) });
  });
}

function addStatements(policy: Section, statements: Value[], isOnceOnly: boolean): void {
  write(policy, "Version", own("2012-10-17"));
  const there = policy["Statement"];
  const all = isAbsent(there) ? [] : isList(there) ? [...there] : [there];
  const isFirst = isAbsent(there);
  for (const statement of statements) if (isFirst || !isOnceOnly || !all.some((one) => isSame(one, statement))) all.push(statement);
  write(policy, "Statement", all);
}

const allowed = (effect: string, resources: Value[], principal: Written, condition?: Section): Section =>
  dictionary({
    Effect: own(effect),
    Action: own("execute-api:Invoke"),
    Resource: resources,
    Principal: principal,
    ...(condition === undefined ? {} : { Condition: condition }),
  });

function accounts(policy: Section, given: Value, effect: "Allow" | "Deny", resources: Value[]): void {
  if (!isTruthy(given)) return;
  if (!isSection(given) && !isList(given)) wrong(`Type of '${display(given)}' must be a list or dictionary`);
  const statement = allowed(effect, resources, dictionary({ AWS: isList(given) ? given : [given] }));
  const isAlone = isAbsent(policy["Statement"]);
  addStatements(policy, [statement], false);
  if (isAlone) write(policy, "Statement", statement);
}

/** All may call, but those that a condition is true of. */
function allBut(policy: Section, operator: string, operand: Section, resources: Value[]): void {
  const condition = plain({ [operator]: operand });
  addStatements(policy, [allowed("Allow", resources, own("*")), allowed("Deny", resources, own("*"), condition)], true);
}

function addresses(policy: Section, given: Value, operator: string, resources: Value[]): void {
  if (isTruthy(given)) allBut(policy, operator, plain({ "aws:SourceIp": isList(given) ? given : [given] }), resources);
}

function networks(policy: Section, lists: Section, colour: "Black" | "White", operator: string, resources: Value[]): void {
  const literal = lists[`SourceVpc${colour}list`];
  // A map is its names to Python; a text is its characters, none of which is an id.
  const ids = isList(literal) ? literal : isSection(literal) ? namesOf(literal) : [];
  if (!ids.every(isText)) {
    const name = `${colour}list`;
    wrong(`SourceVpc${name} must be a list of strings. Use IntrinsicVpc${name} instead for values that use Intrinsic Functions`);
  }
  const condition = dictionary();
  const add = (key: string, values: Value): void => {
    const more = (values ?? []) as Value[];
    if (more.length > 0) write(condition, key, [...((condition[key] ?? []) as Value[]), ...more]);
  };
  const texts = ids as string[];
  add(
    "aws:SourceVpc",
    texts.filter((each) => each.startsWith("vpc-")),
  );
  add(
    "aws:SourceVpce",
    texts.filter((each) => each.startsWith("vpce-")),
  );
  add("aws:SourceVpc", lists[`IntrinsicVpc${colour}list`]);
  add("aws:SourceVpce", lists[`IntrinsicVpce${colour}list`]);
  if (isTruthy(condition)) allBut(policy, operator, condition, resources);
}
