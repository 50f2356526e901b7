import type { Context } from "../context.ts";
import type { Section } from "../draft.ts";
import type { PropertyRules } from "../property.ts";
import type { Resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** One event of a function, its properties checked. */
export interface FunctionEvent {
  /** The function's id and the event's name: what is made for it starts with this. */
  readonly id: string;
  readonly name: string;
  readonly properties: Section;
}

/** Whom an event invokes. */
export interface Invoked {
  readonly id: string;
  readonly declared: Declared;
  /** The alias where there is one, else the function. */
  readonly target: Resource;
  readonly role: Resource;
}

/** One type of event: what it may say, and what it makes. */
export interface EventSource {
  readonly type: string;
  readonly properties: PropertyRules;
  /** What must be right with the resources that it names, before anything is made. */
  link?(event: FunctionEvent, context: Context): void;
  /** It may add policies to the role. */
  transform(event: FunctionEvent, invoked: Invoked, context: Context): Resource[];
}
