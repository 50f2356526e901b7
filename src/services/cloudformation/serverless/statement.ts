import type { Section, Value } from "./draft.ts";

/** One statement of a policy in our notation: `just? actions on resources if? condition`. */
const STATEMENT = /^(just )?(.*?) on (.*?)(?: if (\S+) (\S+) (\S+))?$/s;

/** The actions of a list in which one without a service has that of the one before. */
function actionsOf(text: string): string[] {
  let service = "";
  return text.split(/\s+/).map((action) => {
    if (!action.includes(":")) return `${service}:${action}`;
    service = action.split(":")[0]!;
    return action;
  });
}

/** The statement that a text says; `resource` knows how a resource is written there. */
export function readStatement(text: string, resource: (text: string) => Value): Section {
  const [, just, actions, on, operator, key, operand] = STATEMENT.exec(text)!;
  const bare = on!.replace(/^\[|\]$/g, "");
  const all = bare.split(/,\s+/).map(resource);
  const list = actionsOf(actions!);
  return {
    Action: just === undefined ? list : list[0],
    Effect: "Allow",
    Resource: all.length > 1 || bare !== on ? all : all[0],
    ...(operator === undefined ? {} : { Condition: { [operator]: { [key!]: resource(operand!) } } }),
  };
}

/** `service:rest` is an ARN in this region and account; where the rest begins with a colon, in none. Other texts stay. */
export function arnText(text: string): string {
  const [, service, rest] = /^([a-z0-9-]+):(.*)$/s.exec(text) ?? [];
  const place = rest?.startsWith(":") ? "" : "${AWS::Region}:${AWS::AccountId}:";
  return service === undefined ? text : `arn:\${AWS::Partition}:${service}:${place}${rest}`;
}
