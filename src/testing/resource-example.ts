import type { World } from "./world.ts";

/**
 * A resource of a type with all the properties that the type has here, for the test of all types. Where properties exclude each
 * other a type has several.
 */
export interface ResourceExample {
  readonly type: string;
  /** What has to be there before its stack is. */
  readonly before?: (cloud: World) => unknown;
  /** The other resources of its stack, by logical id. Its own is `It`. */
  readonly around?: Readonly<Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>>;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Changes in place, one update after the other; together every property that can be changed. undefined takes one away. */
  readonly updates?: readonly Readonly<Record<string, unknown>>[];
  /** Properties that the specification calls mutable, and that AWS refuses to change. */
  readonly unchangeable?: readonly string[];
  /**
   * Paths that no template can have, because what AWS publishes of them does not agree: one says a number, the other a text.
   */
  readonly contradictory?: readonly string[];
  /** What somebody does by hand, and the path at which the drift is then found; each on the resource as it was made. */
  readonly byHand?: Readonly<Record<string, (cloud: World, physicalId: string) => unknown>>;
  /** Attributes of the specification that this resource does not have, or that are no text. */
  readonly withoutAttributes?: readonly string[];
}
