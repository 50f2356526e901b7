import type { Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Deployment, Ending } from "./deployment.ts";

/** What a step of a deployment comes to: its end, a wait, or nothing: the next step follows. */
export type Outcome = Ending | Rest | undefined;

/** What differs between the platforms that a deployment may be to. */
export interface Platform {
  /** Once, when it is its turn: what has to be there before anything is changed. */
  begin(scope: Scope, deployment: Deployment): Ending | undefined;
  /** Look at how far it is, and do what is missing. */
  step(scope: Scope, deployment: Deployment): Outcome;
  /** Bring what is on its way to rest, where the deployment ends early; undefined when it has. */
  settle(scope: Scope, deployment: Deployment, ending: Exclude<Ending, { status: "Succeeded" }>): Rest | undefined;
  /** Start the deployment that takes this one back; or say why there is none. */
  takeBack(scope: Scope, deployment: Deployment, rollbackId: string): { readonly started: boolean; readonly message: string };
}

export const isEnding = (outcome: Outcome): outcome is Ending => outcome !== undefined && "status" in outcome;
