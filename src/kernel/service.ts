import type { Caller, KnownKey } from "./caller.ts";
import type { Consumer } from "./consumer.ts";
import type { DeliveryTarget } from "./delivery.ts";
import type { Loop } from "./loop.ts";
import type { Operation } from "./operation.ts";
import type { UpdatePolicy } from "./policy.ts";
import type { Reference } from "./reference.ts";
import type { ResourceType } from "./resource.ts";
import type { Scope } from "./scope.ts";
import type { Stream } from "./stream.ts";
import type { Table } from "./table.ts";

/** One AWS service: what its folder adds to the cloud. */
export interface Service {
  /** The name of its SDK client package, such as cloudwatch-logs. */
  readonly name: string;
  readonly operations: readonly Operation<any, any>[];
  /** Every table whose rows are to be found at boot. */
  readonly tables: readonly Table<any>[];
  readonly streams?: readonly Stream<any>[];
  readonly loops?: readonly Loop<any>[];
  readonly consumers?: readonly Consumer<any>[];
  readonly resources?: readonly ResourceType<any>[];
  readonly targets?: readonly DeliveryTarget[];
  readonly references?: readonly Reference[];
  readonly updatePolicies?: readonly UpdatePolicy[];
  /** Who owns an access key; asked in the order of the services. */
  readonly keys?: (scope: Scope, accessKeyId: string, sessionToken: string | undefined) => KnownKey | undefined;
  /** Whether IAM allows a call; asked where trust is enforced. Answers the sentence to refuse with, or undefined. */
  readonly authorize?: (
    scope: Scope,
    caller: Caller,
    action: string,
    resource: string,
    context: Readonly<Record<string, string>>,
  ) => string | undefined;
}

export const service = (definition: Service): Service => definition;
