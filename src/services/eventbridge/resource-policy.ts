import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { buses, busName, DEFAULT_BUS, putPermission, removePermission, requireBus, statementsOf } from "./bus.ts";

type Properties = Readonly<Record<string, any>>;

/**
 * One statement of a bus's policy; its id is BUS|STATEMENT.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
 */
export const busPolicyResource: ResourceType<Properties> = {
  type: "AWS::Events::EventBusPolicy",
  ensure: (scope, declared) =>
    attempt(scope, () => {
      const { StatementId, Statement, Action, Principal, Condition } = declared;
      const EventBusName = busName(declared["EventBusName"]);
      if (Statement === undefined) putPermission.handle(scope, { EventBusName, StatementId, Action, Principal, Condition });
      else {
        const said = typeof Statement === "string" ? JSON.parse(Statement) : Statement;
        const bus = requireBus(scope, EventBusName);
        const others = statementsOf(bus).filter(({ Sid }) => Sid !== StatementId);
        const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [...others, { ...said, Sid: StatementId }] });
        putPermission.handle(scope, { EventBusName, Policy });
      }
      return `${EventBusName}|${StatementId}`;
    }),
  read(scope, id) {
    const [EventBusName = DEFAULT_BUS, StatementId] = id.split("|");
    const Statement = statementOf(scope, EventBusName, StatementId);
    return Statement && present({ EventBusName, StatementId, Statement });
  },
  remove(scope, id) {
    const [EventBusName = DEFAULT_BUS, StatementId] = id.split("|");
    if (statementOf(scope, EventBusName, StatementId) !== undefined) removePermission.handle(scope, { EventBusName, StatementId });
    return { state: "done", id };
  },
  list: (scope) =>
    buses.list(scope).flatMap((bus) => statementsOf(bus).flatMap(({ Sid }) => (Sid === undefined ? [] : [`${bus.id}|${Sid}`]))),
};

const statementOf = (scope: Scope, bus: string, id: string | undefined): object | undefined =>
  statementsOf(buses.get(scope, bus) ?? {}).find(({ Sid }) => Sid === id);
