import { present } from "../../kernel/json.ts";
import { attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { type Code, takeCode } from "./code.ts";
import { reserveConcurrency } from "./concurrency.ts";
import { checkConfiguration, configured, refuseUnsupported } from "./configuration.ts";
import { declaredConfiguration, liveConfiguration } from "./declared.ts";
import { changeFunction, functions } from "./function.ts";
import { addFunction, removeFunction } from "./function-change.ts";
import { inlineArchive } from "./inline.ts";
import { functionArn, referenceOf } from "./name.ts";
import { conflict, invalid } from "./refusal.ts";

type Properties = Readonly<Record<string, any>>;

const ABSENT = {
  CapacityProviderConfig: [],
  CodeSigningConfigArn: [],
  "Code/ImageUri": [],
  "Code/S3ObjectStorageMode": [],
  "Code/SourceKMSKeyArn": [],
  DurableConfig: [],
  FileSystemConfigs: [],
  FunctionScalingConfig: [],
  ImageConfig: [],
  PackageType: ["Zip"],
  PublishToLatestPublished: [false],
  RecursiveLoop: ["Allow"],
  "RuntimeManagementConfig/RuntimeVersionArn": [],
  "RuntimeManagementConfig/UpdateRuntimeOn": ["Auto"],
  "SnapStart/ApplyOn": ["None"],
  TenancyConfig: [],
  VpcConfig: [],
};

/** Its id is its name. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
export const functionResource: ResourceType<Properties> = {
  type: "AWS::Lambda::Function",
  absent: ABSENT,
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["FunctionName"] ?? nameWithin(64, generatedName, logicalId);
      const known = functions.get(scope, name);
      if (known !== undefined && id === undefined) conflict(`Function already exist: ${name}`);
      const change = declaredConfiguration(declared);
      refuseUnsupported(change);
      const configuration = configured(scope, {}, change);
      checkConfiguration(scope, configuration);
      const code = declaredCode(scope, configuration.Runtime, declared["Code"]);
      const own = allTags(tags, declared["Tags"]);
      const fn = known ?? addFunction(scope, name, { configuration, code, tags: own });
      changeFunction(scope, fn, { configuration, code });
      const reserved = declared["ReservedConcurrentExecutions"];
      if (reserved !== undefined) reserveConcurrency(scope, name, Number(reserved));
      functions.patch(scope, name, { tags: own, ...(reserved === undefined && { reservedConcurrency: undefined }) });
      return name;
    }),
  read(scope, id) {
    const { name } = referenceOf(scope, id);
    const fn = functions.get(scope, name);
    if (fn === undefined) return undefined;
    return present({
      FunctionName: name,
      Arn: functionArn(scope, name),
      ...liveConfiguration(name, fn.configuration),
      ReservedConcurrentExecutions: fn.reservedConcurrency,
      RuntimeManagementConfig: { UpdateRuntimeOn: "Auto" },
      SnapStartResponse: { ApplyOn: "None", OptimizationStatus: "Off" },
      Tags: tagList(fn.tags),
    });
  },
  remove(scope, id) {
    removeFunction(scope, id);
    return { state: "done", id };
  },
  list: (scope) => functions.list(scope).map(({ id }) => id),
};

/** The code of a function in a template: inline text, or an object in a bucket. */
function declaredCode(scope: Scope, runtime: string, code: Properties = {}): Code {
  const text = code["ZipFile"];
  if (text === undefined) return takeCode(scope, code, "CreateFunction");
  const archive =
    inlineArchive(runtime, String(text)) ??
    invalid(`ZipFile can only be used when Runtime is set to either nodejs or python, not ${runtime}.`);
  return scope.blobs.write(archive);
}
