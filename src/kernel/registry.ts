import { parseArn } from "./arn.ts";
import type { Caller, KnownKey } from "./caller.ts";
import type { DeliveryTarget } from "./delivery.ts";
import type { UpdatePolicy } from "./policy.ts";
import type { Reference } from "./reference.ts";
import { type ResourceType, refusingAbsent } from "./resource.ts";
import type { Scope } from "./scope.ts";
import type { Service } from "./service.ts";

/** What the services of a cloud offer each other without knowing each other. */
export class Registry {
  readonly services: readonly Service[];
  readonly #resources = new Map<string, ResourceType>();
  readonly #references = new Map<string, Reference>();
  readonly #policies = new Map<string, UpdatePolicy>();
  readonly #targets: readonly DeliveryTarget[];

  constructor(services: readonly Service[]) {
    this.services = services;
    for (const { resources = [], references = [], updatePolicies = [] } of services) {
      for (const resource of resources) this.#resources.set(resource.type, refusingAbsent(resource));
      for (const reference of references) this.#references.set(reference.kind, reference);
      for (const policy of updatePolicies) this.#policies.set(policy.name, policy);
    }
    this.#targets = services.flatMap(({ targets = [] }) => targets);
  }

  resource(type: string): ResourceType | undefined {
    return this.#resources.get(type);
  }

  get resourceTypes(): readonly string[] {
    return [...this.#resources.keys()].sort();
  }

  reference(kind: string): Reference | undefined {
    return this.#references.get(kind);
  }

  updatePolicy(name: string): UpdatePolicy | undefined {
    return this.#policies.get(name);
  }

  /** The kind of target that an ARN names. */
  target(arn: string): DeliveryTarget | undefined {
    const parsed = parseArn(arn);
    return this.#targets.find(({ service, resource = "" }) => service === parsed?.service && parsed.resource.startsWith(resource));
  }

  key(scope: Scope, accessKeyId: string, sessionToken?: string): KnownKey | undefined {
    for (const { keys } of this.services) {
      const known = keys?.(scope, accessKeyId, sessionToken);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** The sentence to refuse a call with; undefined where it is allowed, or nobody decides. */
  authorize(
    scope: Scope,
    caller: Caller,
    action: string,
    resource: string,
    context: Readonly<Record<string, string>> = {},
  ): string | undefined {
    for (const { authorize } of this.services) {
      const refusal = authorize?.(scope, caller, action, resource, context);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
}
