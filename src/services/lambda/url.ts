import { ensureListener, listeners, removeListener } from "../../compute/listener.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  type Cors,
  CreateFunctionUrlConfig$,
  DeleteFunctionUrlConfig$,
  type FunctionUrlAuthType,
  type FunctionUrlConfig,
  GetFunctionUrlConfig$,
  type InvokeMode,
  ListFunctionUrlConfigs$,
  UpdateFunctionUrlConfig$,
} from "../../sdk/lambda.js";
import { requireFunction } from "./function.ts";
import { functionArn, LATEST } from "./name.ts";
import { type Qualified, requireQualified } from "./qualifier.ts";
import { conflict, invalidMarker, notFound, notImplemented } from "./refusal.ts";

/** A URL of a function or of an alias: `shop:$LATEST`, `shop:live`. */
export interface FunctionUrl extends Row {
  readonly functionName: string;
  readonly qualifier?: string;
  /** Random letters, as in the names of Lambda's own URLs; also the id of the listener. */
  readonly urlId: string;
  readonly authType: FunctionUrlAuthType;
  readonly cors?: Cors;
  readonly invokeMode: InvokeMode;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What a caller says of one. */
export interface UrlSettings {
  readonly AuthType?: FunctionUrlAuthType | undefined;
  readonly Cors?: Cors | undefined;
  readonly InvokeMode?: InvokeMode | undefined;
}

export const urls = new Table<FunctionUrl>("lambda/url", { indexes: { listener: ({ urlId }) => urlId } });

export const createFunctionUrlConfig = lateOperation(CreateFunctionUrlConfig$, {
  begin(scope, { FunctionName, Qualifier, ...settings }) {
    const qualified = requireQualified(scope, FunctionName!, Qualifier);
    const { scope: home, fn, qualifier } = qualified;
    if (urls.get(home, urlKey(fn.id, qualifier))) {
      const arn = functionArn(home, fn.id, qualifier);
      conflict(
        `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
      );
    }
    return { id: putUrl(qualified, settings).id, account: home.account };
  },
  answer(scope, { id, account }) {
    const home = scope.in({ account });
    const url = urls.get(home, id) ?? noUrl();
    if (addressOf(home, url) === undefined) return new Waiting({ kind: "wait", because: "the port of the function URL is not open yet" });
    const { LastModifiedTime: _, ...created } = shown(home, url);
    return created;
  },
});

export const getFunctionUrlConfig = operation(GetFunctionUrlConfig$, (scope, { FunctionName, Qualifier }) => {
  const { url, scope: home } = requireUrl(scope, FunctionName!, Qualifier);
  return shown(home, url);
});

export const updateFunctionUrlConfig = operation(UpdateFunctionUrlConfig$, (scope, { FunctionName, Qualifier, ...settings }) => {
  const { url, qualified, scope: home } = requireUrl(scope, FunctionName!, Qualifier);
  return shown(home, putUrl(qualified, settings, url));
});

export const deleteFunctionUrlConfig = operation(DeleteFunctionUrlConfig$, (scope, { FunctionName, Qualifier }) => {
  const { url, scope: home } = requireUrl(scope, FunctionName!, Qualifier);
  removeUrl(home, url);
  return {};
});

export const listFunctionUrlConfigs = operation(ListFunctionUrlConfigs$, (scope, { FunctionName, Marker, MaxItems = 50 }) => {
  const { fn, scope: home } = requireFunction(scope, FunctionName!);
  const { items, nextToken } = page(urls.list(home, `${fn.id}:`), ({ id }) => id, MaxItems, Marker, invalidMarker);
  return { FunctionUrlConfigs: items.map((url) => shown(home, url)), ...(nextToken && { NextMarker: nextToken }) };
});

/** Make the URL be as said; what is not said is as before, or as it is by default. */
export function putUrl(
  { scope, fn, qualifier }: Qualified,
  { AuthType, Cors, InvokeMode }: UrlSettings,
  before?: FunctionUrl,
): FunctionUrl {
  if (InvokeMode === "RESPONSE_STREAM") notImplemented("The invoke mode RESPONSE_STREAM");
  const now = scope.clock.now();
  const cors = Cors ?? before?.cors;
  const url = urls.put(scope, {
    id: urlKey(fn.id, qualifier),
    functionName: fn.id,
    ...(qualifier !== undefined && { qualifier }),
    urlId: before?.urlId ?? scope.id.text(32, "abcdefghijklmnopqrstuvwxyz234567"),
    authType: AuthType ?? before?.authType ?? "NONE",
    invokeMode: InvokeMode ?? before?.invokeMode ?? "BUFFERED",
    ...(cors !== undefined && Object.keys(cors).length > 0 && { cors }),
    createdAt: before?.createdAt ?? now,
    modifiedAt: now,
  });
  ensureListener(scope, url.urlId, functionArn(scope, fn.id, qualifier));
  return url;
}

export function removeUrl(scope: Scope, url: FunctionUrl): void {
  removeListener(scope, url.urlId);
  urls.remove(scope, url.id);
}

/** Where it answers; undefined until its port is open. */
export function addressOf(scope: Scope, { urlId }: FunctionUrl): string | undefined {
  const port = listeners.get(scope, urlId)?.port;
  return port === undefined ? undefined : `http://${new URL(scope.settings.endpoint).hostname}:${port}/`;
}

export const urlKey = (functionName: string, qualifier = LATEST): string => `${functionName}:${qualifier}`;

function requireUrl(scope: Scope, functionName: string, asked?: string): { url: FunctionUrl; qualified: Qualified; scope: Scope } {
  const qualified = requireQualified(scope, functionName, asked);
  const { scope: home, fn, qualifier } = qualified;
  return { url: urls.get(home, urlKey(fn.id, qualifier)) ?? noUrl(), qualified, scope: home };
}

const noUrl = (): never => notFound("The resource you requested does not exist.");

const shown = (scope: Scope, url: FunctionUrl): FunctionUrlConfig => ({
  FunctionUrl: addressOf(scope, url) ?? "",
  FunctionArn: functionArn(scope, url.functionName, url.qualifier),
  AuthType: url.authType,
  ...(url.cors && { Cors: url.cors }),
  InvokeMode: url.invokeMode,
  CreationTime: new Date(url.createdAt).toISOString(),
  LastModifiedTime: new Date(url.modifiedAt).toISOString(),
});
