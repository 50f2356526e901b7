import { lowerFirst, upperFirst } from "../../kernel/json.ts";

/** Properties that have another name in the API than the same with a small letter. */
const RENAMED: Readonly<Record<string, string>> = {
  BuildSpec: "buildspec",
  FleetProxyConfiguration: "proxyConfiguration",
  FleetVpcConfig: "vpcConfig",
};
const NUMBERS = [
  "timeoutInMinutes",
  "queuedTimeoutInMinutes",
  "concurrentBuildLimit",
  "autoRetryLimit",
  "gitCloneDepth",
  "timeoutInMins",
  "maximumBuildsAllowed",
  "baseCapacity",
  "maxCapacity",
  "targetValue",
  "vCpu",
  "memory",
  "disk",
];
const BOOLEANS = [
  "privilegedMode",
  "badgeEnabled",
  "encryptionDisabled",
  "overrideArtifactName",
  "insecureSsl",
  "reportBuildStatus",
  "fetchSubmodules",
  "combineArtifacts",
  "excludeMatchedPattern",
];

/** Properties as the API names them, with the types that it has. */
export function toApi(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => toApi(item));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const renamed = RENAMED[name] ?? lowerFirst(name);
        return [renamed, toApi(member, renamed)];
      }),
    );
  }
  if (NUMBERS.includes(key)) return Number(value);
  if (BOOLEANS.includes(key)) return String(value) === "true";
  return value;
}

/** What the API names, as templates name it. */
export function fromApi(value: unknown, names: readonly string[] = ["BuildSpec"]): unknown {
  if (Array.isArray(value)) return value.map((item) => fromApi(item, names));
  if (typeof value !== "object" || value === null) return value;
  const back = Object.fromEntries(
    Object.entries(RENAMED)
      .filter(([property]) => names.includes(property))
      .map(([property, member]) => [member, property]),
  );
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [back[name] ?? upperFirst(name), fromApi(member, names)]));
}
