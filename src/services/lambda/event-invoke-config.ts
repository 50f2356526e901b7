import { parseArn } from "../../kernel/arn.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  DeleteFunctionEventInvokeConfig$,
  type DestinationConfig,
  type FunctionEventInvokeConfig,
  GetFunctionEventInvokeConfig$,
  ListFunctionEventInvokeConfigs$,
  PutFunctionEventInvokeConfig$,
  type PutFunctionEventInvokeConfigRequest,
  UpdateFunctionEventInvokeConfig$,
} from "../../sdk/lambda.js";
import { requireFunction } from "./function.ts";
import { functionArn, LATEST } from "./name.ts";
import { type Qualified, requireQualified } from "./qualifier.ts";
import { invalid, invalidMarker, notFound, notImplemented } from "./refusal.ts";

/** What becomes of asynchronous invocations of a function, version or alias: `shop:$LATEST`, `shop:live`. */
export interface EventInvokeConfig extends Row {
  readonly maximumRetryAttempts?: number;
  readonly maximumEventAgeSeconds?: number;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly modifiedAt: number;
}

export const eventInvokeConfigs = new Table<EventInvokeConfig>("lambda/event-invoke-config");

type Said = Omit<PutFunctionEventInvokeConfigRequest, "FunctionName" | "Qualifier">;

export const putFunctionEventInvokeConfig = operation(PutFunctionEventInvokeConfig$, (scope, { FunctionName, Qualifier, ...said }) => {
  const qualified = requireQualified(scope, FunctionName!, Qualifier);
  return shown(qualified.scope, putEventInvokeConfig(qualified, said));
});

export const updateFunctionEventInvokeConfig = operation(
  UpdateFunctionEventInvokeConfig$,
  (scope, { FunctionName, Qualifier, ...said }) => {
    const { config, qualified } = requireConfig(scope, FunctionName!, Qualifier);
    return shown(qualified.scope, putEventInvokeConfig(qualified, said, config));
  },
);

export const getFunctionEventInvokeConfig = operation(GetFunctionEventInvokeConfig$, (scope, { FunctionName, Qualifier }) => {
  const { config, qualified } = requireConfig(scope, FunctionName!, Qualifier);
  return shown(qualified.scope, config);
});

export const deleteFunctionEventInvokeConfig = operation(DeleteFunctionEventInvokeConfig$, (scope, { FunctionName, Qualifier }) => {
  const { config, qualified } = requireConfig(scope, FunctionName!, Qualifier);
  eventInvokeConfigs.remove(qualified.scope, config.id);
  return {};
});

export const listFunctionEventInvokeConfigs = operation(
  ListFunctionEventInvokeConfigs$,
  (scope, { FunctionName, Marker, MaxItems = 50 }) => {
    const { fn, scope: home } = requireFunction(scope, FunctionName!);
    const { items, nextToken } = page(eventInvokeConfigs.list(home, `${fn.id}:`), ({ id }) => id, MaxItems, Marker, invalidMarker);
    return { FunctionEventInvokeConfigs: items.map((config) => shown(home, config)), ...(nextToken && { NextMarker: nextToken }) };
  },
);

/** Make the configuration be as said; what is not said is as before, or as it is by default. */
export function putEventInvokeConfig({ scope, fn, qualifier }: Qualified, said: Said, before?: EventInvokeConfig): EventInvokeConfig {
  if (Object.values(said).every((value) => value === undefined))
    invalid("You must specify at least one of error handling or destination setting.");
  const maximumRetryAttempts = said.MaximumRetryAttempts ?? before?.maximumRetryAttempts;
  const maximumEventAgeSeconds = said.MaximumEventAgeInSeconds ?? before?.maximumEventAgeSeconds;
  const destinations = said.DestinationConfig ?? destinationsOf(before);
  const onSuccess = destinations.OnSuccess?.Destination;
  const onFailure = destinations.OnFailure?.Destination;
  for (const arn of [onSuccess, onFailure]) if (arn) checkDestination(arn, functionArn(scope, fn.id));
  return eventInvokeConfigs.put(scope, {
    id: configId(fn.id, qualifier),
    ...(maximumRetryAttempts !== undefined && { maximumRetryAttempts }),
    ...(maximumEventAgeSeconds !== undefined && { maximumEventAgeSeconds }),
    ...(onSuccess && { onSuccess }),
    ...(onFailure && { onFailure }),
    modifiedAt: scope.clock.now(),
  });
}

export const configId = (functionName: string, qualifier = LATEST): string => `${functionName}:${qualifier}`;

function requireConfig(scope: Scope, functionName: string, asked?: string): { config: EventInvokeConfig; qualified: Qualified } {
  const qualified = requireQualified(scope, functionName, asked);
  const { fn, qualifier = LATEST, scope: home } = qualified;
  const config = eventInvokeConfigs.get(home, configId(fn.id, qualifier));
  if (config === undefined) return notFound(`The function ${functionArn(home, fn.id, qualifier)} doesn't have an EventInvokeConfig`);
  return { config, qualified };
}

function checkDestination(arn: string, ownArn: string): void {
  const service = parseArn(arn)?.service;
  if (service === "s3") notImplemented("A destination in S3");
  if (!service || !["sqs", "sns", "lambda", "events"].includes(service)) invalid(`The destination ARN ${arn} is invalid.`);
  if (arn === ownArn || arn.startsWith(`${ownArn}:`)) invalid("You can't specify the function as a destination for itself.");
}

const destinationsOf = (config: EventInvokeConfig | undefined): DestinationConfig => ({
  ...(config?.onSuccess && { OnSuccess: { Destination: config.onSuccess } }),
  ...(config?.onFailure && { OnFailure: { Destination: config.onFailure } }),
});

function shown(scope: Scope, config: EventInvokeConfig): FunctionEventInvokeConfig {
  const { maximumRetryAttempts, maximumEventAgeSeconds } = config;
  return {
    FunctionArn: scope.arn("lambda", `function:${config.id}`),
    LastModified: new Date(config.modifiedAt),
    ...(maximumRetryAttempts !== undefined && { MaximumRetryAttempts: maximumRetryAttempts }),
    ...(maximumEventAgeSeconds !== undefined && { MaximumEventAgeInSeconds: maximumEventAgeSeconds }),
    DestinationConfig: { OnSuccess: {}, OnFailure: {}, ...destinationsOf(config) },
  };
}
