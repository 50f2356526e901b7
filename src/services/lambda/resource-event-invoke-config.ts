import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { configId, eventInvokeConfigs, putEventInvokeConfig } from "./event-invoke-config.ts";
import { LATEST, referenceOf } from "./name.ts";
import { requireQualified } from "./qualifier.ts";
import { conflict } from "./refusal.ts";
import { forgetFunction, functionNoted, noteFunction } from "./resource-reference.ts";

/**
 * Its id is function and qualifier: `shop|live`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html
 */
export const eventInvokeConfigResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::Lambda::EventInvokeConfig",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const qualified = requireQualified(scope, declared["FunctionName"], declared["Qualifier"]);
      const rowId = configId(qualified.fn.id, qualified.qualifier);
      if (id === undefined && eventInvokeConfigs.get(qualified.scope, rowId) !== undefined)
        conflict(`The function ${declared["FunctionName"]} already has an EventInvokeConfig`);
      const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age, DestinationConfig } = declared;
      putEventInvokeConfig(qualified, {
        ...(retries !== undefined && { MaximumRetryAttempts: Number(retries) }),
        ...(age !== undefined && { MaximumEventAgeInSeconds: Number(age) }),
        DestinationConfig: DestinationConfig ?? {},
      });
      noteFunction(scope, `event-invoke-config/${rowId}`, declared["FunctionName"]);
      return `${declared["FunctionName"]}|${declared["Qualifier"]}`;
    }),
  read(scope, id) {
    const rowId = rowIdOf(scope, id);
    const config = eventInvokeConfigs.get(scope, rowId);
    if (config === undefined) return undefined;
    const { onSuccess, onFailure } = config;
    return present({
      FunctionName: functionNameOf(scope, rowId),
      Qualifier: rowId.slice(rowId.indexOf(":") + 1),
      MaximumRetryAttempts: config.maximumRetryAttempts,
      MaximumEventAgeInSeconds: config.maximumEventAgeSeconds,
      DestinationConfig: present({
        OnSuccess: onSuccess && { Destination: onSuccess },
        OnFailure: onFailure && { Destination: onFailure },
      }),
    });
  },
  remove(scope, id) {
    const rowId = rowIdOf(scope, id);
    eventInvokeConfigs.remove(scope, rowId);
    forgetFunction(scope, `event-invoke-config/${rowId}`);
    return { state: "done", id };
  },
  list: (scope) => eventInvokeConfigs.list(scope).map(({ id }) => `${functionNameOf(scope, id)}|${id.slice(id.indexOf(":") + 1)}`),
};

const functionNameOf = (scope: Scope, rowId: string): string =>
  functionNoted(scope, `event-invoke-config/${rowId}`) ?? rowId.slice(0, rowId.indexOf(":"));

function rowIdOf(scope: Scope, id: string): string {
  const [fn = "", qualifier = LATEST] = id.split("|");
  return configId(referenceOf(scope, fn).name, qualifier);
}
