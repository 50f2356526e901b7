import { asSection, isAbsent, isTruthy, member } from "../draft.ts";
import { invalidResource } from "../invalid.ts";
import { display } from "../python.ts";
import type { Declared } from "../serverless-type.ts";

/** Properties of which a function has one at most, and those that need another. */
const APART = [
  ["CapacityProviderConfig", "ProvisionedConcurrencyConfig"],
  ["CapacityProviderConfig", "VpcConfig"],
] as const;
const NEEDED = [
  ["FunctionScalingConfig", "CapacityProviderConfig"],
  ["VersionDeletionPolicy", "AutoPublishAlias"],
] as const;

export function checkTogether({ id, properties }: Declared): void {
  const has = (name: string): boolean => !isAbsent(properties[name]);
  const messages = [
    ...APART.filter((pair) => pair.every(has)).map(([one, other]) => `Cannot specify '${one}' and '${other}' together.`),
    ...NEEDED.filter(([one, other]) => has(one) && !has(other)).map(([one, other]) => `'${one}' requires '${other}'.`),
  ];
  if (messages.length > 0) throw invalidResource(id, messages.join("\n"));
}

/** https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html */
export function checkTenancy({ id, properties }: Declared): void {
  if (!isTruthy(properties["TenancyConfig"])) return;
  const refused = (what: string): never => {
    throw invalidResource(id, `${what} is not supported for functions enabled with tenancy configuration.`);
  };
  if (isTruthy(properties["ProvisionedConcurrencyConfig"])) refused("Provisioned concurrency");
  if (isTruthy(properties["FunctionUrlConfig"])) refused("Function URL");
  if (isTruthy(properties["SnapStart"])) refused("SnapStart");
  for (const event of Object.values(asSection(properties["Events"]))) {
    const type = member(event, "Type");
    if (type === "Api" || type === "HttpApi") continue;
    throw invalidResource(
      id,
      `Event source '${display(type)}' is not supported for functions enabled with tenancy configuration. ` +
        "Only Api and HttpApi event sources are supported.",
    );
  }
}
