import type { InvokeSpec, Job } from "../../compute/job.ts";
import { type SimulatedOutcome, simulatedHands } from "../../compute/simulated.ts";
import { metricSeries, metrics } from "../../kernel/facts.ts";
import { World, type WorldOptions } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { sqs } from "../sqs/index.ts";
import { createFunction } from "./function-change.ts";
import { lambda } from "./index.ts";
import { invoke } from "./invoke.ts";
import { zipOf } from "./zip.ts";

/** What tests of functions tell a simulated function to do, as its event. */
export interface Orders {
  /** milliseconds; 100 by default */
  readonly takes?: number;
  readonly throws?: string;
  readonly lost?: boolean;
}

/** A cloud for tests of functions: what one answers is its event, its version and its variables. */
export const lambdaWorld = (options: Partial<WorldOptions> = {}): World =>
  new World({ services: [iam, sqs, lambda], hands: simulatedHands(simulatedFunction), ...options });

/** Make a function `shop` with code that differs by the text. */
export async function createShop(cloud: World, text = "one", more: object = {}): Promise<void> {
  await cloud.call(createRole, { RoleName: "worker", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }) });
  await cloud.call(createFunction, {
    FunctionName: "shop",
    Role: `arn:aws:iam::${cloud.account}:role/worker`,
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile: archive(text) },
    ...more,
  });
}

export const archive = (text: string): Buffer => zipOf([{ name: "index.js", bytes: Buffer.from(text) }]);

/** Invoke and look at what came of it. */
export async function call(cloud: World, FunctionName = "shop", orders: Orders = {}) {
  const { Payload, ...rest } = await cloud.call(invoke, { FunctionName, Payload: Buffer.from(JSON.stringify(orders)) });
  return { ...rest, answer: JSON.parse(Buffer.from(Payload!).toString()) };
}

/** The sum of everything measured of a metric of Lambda, and how many data there are. */
export function measured(cloud: World, name: string, dimensions: Record<string, string> = {}): { sum: number; count: number } {
  const entries = metrics.peek(cloud.scope(), metricSeries({ namespace: "AWS/Lambda", name, dimensions }));
  return { sum: entries.reduce((sum, { value }) => sum + value.value!, 0), count: entries.length };
}

function simulatedFunction({ spec }: Job): SimulatedOutcome {
  const { payload, version, env, requestId } = spec as InvokeSpec;
  const event = JSON.parse(payload);
  const { takes = 100, throws, lost } = event as Orders;
  if (lost) return { afterMs: takes, status: "LOST" };
  const log = { logTail: `START RequestId: ${requestId}\n`, durationMs: takes, maxMemoryMb: 64 };
  if (throws === undefined)
    return { afterMs: takes, status: "SUCCEEDED", result: { invocation: { payload: JSON.stringify({ event, version, env }), ...log } } };
  const error = JSON.stringify({ errorType: "Error", errorMessage: throws });
  return { afterMs: takes, status: "FAILED", result: { invocation: { payload: error, functionError: "Unhandled", ...log } } };
}
