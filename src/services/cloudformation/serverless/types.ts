import { api } from "./api.ts";
import { application } from "./application.ts";
import { capacityProvider } from "./capacity-provider.ts";
import { connector } from "./connector.ts";
import { serverlessFunction } from "./function.ts";
import { graphQlApi } from "./graphql-api.ts";
import { httpApi } from "./http-api.ts";
import { layerVersion } from "./layer-version.ts";
import type { ServerlessType } from "./serverless-type.ts";
import { simpleTable } from "./simple-table.ts";
import { stateMachine } from "./state-machine.ts";
import { webSocketApi } from "./web-socket-api.ts";

/**
 * The types in the order in which they are transformed. Functions and state machines come first: their events write into
 * APIs. Connectors come last: they look at what has come out.
 */
const ORDER: readonly (readonly ServerlessType[])[] = [
  [serverlessFunction],
  [stateMachine],
  [api, httpApi, webSocketApi],
  [application, capacityProvider, graphQlApi, layerVersion, simpleTable],
  [connector],
];

export const types: ReadonlyMap<string, ServerlessType> = new Map(ORDER.flat().map((type) => [type.type, type]));

/** Before which others a type is transformed. */
export const rankOf = (type: string): number => ORDER.findIndex((some) => some.some((each) => each.type === type));

/** The types that globals, conditions and defaults are for: all but connectors and GraphQL APIs. */
const PLAIN = new Set(
  ["Api", "Function", "SimpleTable", "Application", "LayerVersion", "HttpApi", "WebSocketApi", "StateMachine", "CapacityProvider"].map(
    (name) => `AWS::Serverless::${name}`,
  ),
);

export const isPlain = (type: string | undefined): type is string => type !== undefined && PLAIN.has(type);
