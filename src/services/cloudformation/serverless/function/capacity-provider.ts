import { given, hasMember, isAbsent, isSection, isTruthy, type Section, type Value } from "../draft.ts";
import { invalidResource } from "../invalid.ts";
import type { Declared } from "../serverless-type.ts";
import { numberShape } from "../shape.ts";

const SETTINGS = ["PerExecutionEnvironmentMaxConcurrency", "ExecutionEnvironmentMemoryGiBPerVCpu"];

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-capacityproviderconfig.html */
export function capacityProviderConfig({ id, properties }: Declared): Value {
  const config = properties["CapacityProviderConfig"];
  if (!isSection(config) || !isTruthy(config)) return undefined;
  const faults = faultsOf(config);
  if (faults.length > 0) {
    const head = `${faults.length} validation error${faults.length === 1 ? "" : "s"} for CapacityProviderConfig`;
    throw invalidResource(id, `Invalid CapacityProviderConfig: ${[head, ...faults].join("\n")}`);
  }
  return { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: config["Arn"], ...given(config, SETTINGS) } };
}

/** Here SAM passes on the words of the library by which it checks. */
function faultsOf(config: Section): string[] {
  const wrong = (name: string, what: string, type: string): string => `${name}\n  ${what} (type=${type})`;
  const faults: string[] = [];
  if (!hasMember(config, "Arn")) faults.push(wrong("Arn", "field required", "value_error.missing"));
  else if (isAbsent(config["Arn"])) faults.push(wrong("Arn", "none is not an allowed value", "type_error.none.not_allowed"));
  for (const [name, kind] of [
    [SETTINGS[0]!, "integer"],
    [SETTINGS[1]!, "float"],
  ] as const) {
    const value = config[name];
    if (isAbsent(value) || numberShape(value, []).length === 0) continue;
    faults.push(
      wrong(name, "value is not a valid dict", "type_error.dict"),
      wrong(name, `value is not a valid ${kind}`, `type_error.${kind}`),
    );
  }
  const known = ["Arn", ...SETTINGS];
  const others = Object.keys(config).filter((name) => !known.includes(name));
  return [...faults, ...others.map((name) => wrong(name, "extra fields not permitted", "value_error.extra"))];
}
