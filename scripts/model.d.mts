import type { ServiceFacts } from "../src/wire/model.ts";

/** What `prepare` writes of a service. */
export declare function sdkOf(
  name: string,
  model: unknown,
): {
  readonly operations: readonly string[];
  readonly schemas: string;
  readonly exceptions: string;
  readonly facts: ServiceFacts;
  readonly declarations: string;
};
