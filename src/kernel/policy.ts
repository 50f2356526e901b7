import type { Progress } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** An UpdatePolicy of CloudFormation that another service carries out, such as CodeDeployLambdaAliasUpdate. */
export interface UpdatePolicy {
  readonly name: string;
  /**
   * Bring the resource `id` from what was declared before to what is declared now, the policy's way. It is called again
   * until it is done or failed; the token says which update it is.
   */
  ensure(scope: Scope, request: UpdateRequest): Progress;
}

export interface UpdateRequest {
  readonly token: string;
  readonly id: string;
  readonly type: string;
  /** The policy's own settings, evaluated. */
  readonly settings: Readonly<Record<string, any>>;
  readonly previous: Readonly<Record<string, any>>;
  readonly declared: Readonly<Record<string, any>>;
  readonly stackId: string;
}
