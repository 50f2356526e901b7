import type { Context } from "../context.ts";
import { type Section, unlessEmpty, type Value } from "../draft.ts";
import type { DeclaredEvent } from "../event-source/event-source.ts";
import { ref } from "../intrinsic.ts";
import type { PropertyRules } from "../property.ts";
import { type Resource, resource } from "../resource.ts";
import { allowing, trustOf } from "../role.ts";

/** The state machine, or its alias, that an event starts. */
export interface Started {
  readonly target: Resource;
  readonly permissionsBoundary: Value;
  /** The attributes that everything made for the state machine has. */
  readonly passedOn: Section;
}

/** One type of event of state machines: what it may say, and what it makes. */
export interface StartingSource {
  readonly type: string;
  readonly properties: PropertyRules;
  /** What must be right with the resources that it names, before anything is made. */
  link?(event: DeclaredEvent, context: Context): void;
  transform(event: DeclaredEvent, started: Started, context: Context): Resource[];
}

/** The role with which a service starts the state machine. */
export function startingRole(event: DeclaredEvent, { target, passedOn, permissionsBoundary }: Started, service: string): Resource {
  const id = `${event.id}Role`;
  const properties = {
    AssumeRolePolicyDocument: trustOf(service),
    Policies: [allowing(`${id}StartExecutionPolicy`, "states:StartExecution", ref(target.id))],
    PermissionsBoundary: unlessEmpty(permissionsBoundary),
  };
  return resource("AWS::IAM::Role", id, properties, passedOn);
}
