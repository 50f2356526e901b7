import type { ServiceFacts } from "../src/wire/model.ts";

/** What `prepare` writes of a service. */
export declare function sdkOf(
  name: string,
  model: unknown,
): { readonly javascript: string; readonly facts: ServiceFacts; readonly declarations: string };
