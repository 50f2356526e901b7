import type { Context } from "../context.ts";
import type { Section, Value } from "../draft.ts";
import { getAtt, ref } from "../intrinsic.ts";
import { shortHash } from "../logical-id.ts";
import type { PropertyRules } from "../property.ts";
import { type Resource, resource } from "../resource.ts";

/** One event of a function or a state machine, its properties checked. */
export interface DeclaredEvent {
  /** The id of what is invoked and the event's name: what is made for it starts with this. */
  readonly id: string;
  readonly name: string;
  readonly properties: Section;
}

/** The function that an event invokes. */
export interface Invoked {
  readonly id: string;
  /** The alias where there is one, else the function. */
  readonly target: Resource;
  readonly role: Resource;
  /** The attributes that everything made for the function has. */
  readonly passedOn: Section;
}

/** One type of event of functions: what it may say, and what it makes. */
export interface EventSource {
  readonly type: string;
  readonly properties: PropertyRules;
  /** What must be right with the resources that it names, before anything is made. */
  link?(event: DeclaredEvent, context: Context): void;
  /** It may add policies to the role. */
  transform(event: DeclaredEvent, invoked: Invoked, context: Context): Resource[];
}

/** The ARN of a function or an alias. */
export const arnOf = ({ type, id }: Resource): Section => (type === "AWS::Lambda::Function" ? getAtt(id, "Arn") : ref(id));

export const arnIn = (context: Context, service: string, rest: string): string =>
  `arn:${context.partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`;

interface Permission {
  readonly principal: string;
  readonly sourceArn?: Value;
  readonly sourceAccount?: Value;
  readonly eventSourceToken?: Value;
  readonly suffix?: string;
  readonly prefix?: string;
}

/** That a service may invoke the function. */
export function permission(event: DeclaredEvent, { target, passedOn }: Invoked, allowed: Permission): Resource {
  const suffix = allowed.suffix ?? "";
  const id = `${allowed.prefix ?? event.id}Permission${/^[\p{L}\p{N}]+$/u.test(suffix) ? suffix : shortHash(suffix)}`;
  const properties = {
    Action: "lambda:InvokeFunction",
    FunctionName: ref(target.id),
    Principal: allowed.principal,
    SourceAccount: allowed.sourceAccount,
    SourceArn: allowed.sourceArn,
    EventSourceToken: allowed.eventSourceToken,
  };
  return resource("AWS::Lambda::Permission", id, properties, passedOn);
}
