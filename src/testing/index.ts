export { simulatedHands } from "../compute/simulated.ts";
export { type BuildOutcome, type Doings, handsThat, type InvokeOutcome } from "./hands.ts";
export { type Outcome, outcomeOf } from "./outcome.ts";
export { type RunningCloud, type StartOptions, startCloud, type TrafficCount, type Wait } from "./running.ts";
export { ConnectionLost, World, type WorldOptions } from "./world.ts";
