import { present, sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Action as ActionShape } from "../../sdk/elastic-load-balancing-v2.js";
import { shownAction } from "./action.ts";
import { shownCondition } from "./condition.ts";
import { createListener, listeners, modifyListener, removeListener } from "./listener.ts";
import { createRule, modifyRule, type Rule, rules, setRulePriorities } from "./rule.ts";

type Properties = Readonly<Record<string, any>>;

/** Those parts of actions that are refused by name. */
const ABSENT_OF_ACTIONS = ["AuthenticateCognitoConfig", "AuthenticateOidcConfig", "JwtValidationConfig"];

const absentIn = (name: string): Record<string, readonly unknown[]> =>
  Object.fromEntries(ABSENT_OF_ACTIONS.map((part) => [`${name}/${part}`, []]));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listener.html; its id is its ARN. */
export const listenerResource: ResourceType<Properties> = {
  type: "AWS::ElasticLoadBalancingV2::Listener",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { LoadBalancerArn, Protocol } = declared;
      const input = { Protocol, Port: Number(declared["Port"]), DefaultActions: typed(declared["DefaultActions"]) };
      if (id === undefined) {
        const isTaken = listeners.by(scope, "loadBalancer", LoadBalancerArn).some(({ port }) => port === input.Port);
        if (isTaken) return { state: "failed", reason: "A listener already exists on this port for this load balancer" };
      }
      const arn = id ?? createListener.handle(scope, { LoadBalancerArn, ...input }).Listeners![0]!.ListenerArn!;
      if (id !== undefined) modifyListener.handle(scope, { ListenerArn: arn, ...input });
      remember(scope, rules.by(scope, "listener", arn).find(({ priority }) => priority === "default")!, declared["DefaultActions"], []);
      return arn;
    }),
  read(scope, id) {
    const listener = listeners.get(scope, id);
    if (listener === undefined) return undefined;
    const rule = rules.by(scope, "listener", id).find(({ priority }) => priority === "default")!;
    return present({
      ListenerArn: id,
      LoadBalancerArn: listener.loadBalancerArn,
      Port: listener.port,
      Protocol: listener.protocol,
      DefaultActions: actionsAsDeclared(rule),
    });
  },
  remove(scope, id) {
    const listener = listeners.get(scope, id);
    if (listener !== undefined) removeListener(scope, listener);
    return { state: "done", id };
  },
  list: (scope) => listeners.list(scope).map(({ id }) => id),
  absent: {
    AlpnPolicy: [],
    SslPolicy: [],
    Certificates: [],
    MutualAuthentication: [],
    ListenerAttributes: [],
    ...absentIn("DefaultActions"),
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html; its id is its ARN. */
export const listenerRuleResource: ResourceType<Properties> = {
  type: "AWS::ElasticLoadBalancingV2::ListenerRule",
  ensure: (scope, declared, id) =>
    attempt(scope, () => {
      const { ListenerArn, Conditions } = declared;
      const [Priority, Actions] = [Number(declared["Priority"]), typed(declared["Actions"])];
      const arn = id ?? createRule.handle(scope, { ListenerArn, Priority, Conditions, Actions }).Rules![0]!.RuleArn!;
      if (id !== undefined) {
        if (rules.get(scope, id)!.priority !== Priority) setRulePriorities.handle(scope, { RulePriorities: [{ RuleArn: id, Priority }] });
        modifyRule.handle(scope, { RuleArn: id, Conditions, Actions });
      }
      remember(scope, rules.get(scope, arn)!, declared["Actions"], Conditions);
      return arn;
    }),
  read(scope, id) {
    const rule = rules.get(scope, id);
    if (rule === undefined) return undefined;
    const { declared, conditions } = rule;
    const isAsDeclared = declared !== undefined && sameJson(declared.conditions, conditions);
    return present({
      RuleArn: id,
      ListenerArn: rule.listenerArn,
      Priority: rule.priority,
      Actions: actionsAsDeclared(rule),
      Conditions: isAsDeclared ? declared.ownConditions : conditions.map(shownCondition),
      IsDefault: rule.priority === "default",
    });
  },
  remove(scope, id) {
    rules.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => rules.list(scope).map(({ id }) => id),
  absent: {
    Transforms: [],
    ...absentIn("Actions"),
    "Conditions/RegexValues": [],
    "Conditions/HttpHeaderConfig/RegexValues": [],
    "Conditions/HostHeaderConfig/RegexValues": [],
    "Conditions/PathPatternConfig/RegexValues": [],
    "Conditions/SourceIpConfig/IpAddressType": [],
  },
};

/** In a template numbers and booleans may be texts. */
const typed = (actions: readonly Properties[]): ActionShape[] =>
  actions.map(({ Order, ForwardConfig, ...action }) => ({
    ...(action as { Type: ActionShape["Type"] }),
    ...(Order !== undefined && { Order: Number(Order) }),
    ...(ForwardConfig !== undefined && { ForwardConfig: typedForward(ForwardConfig) }),
  }));

const typedForward = ({ TargetGroups = [], TargetGroupStickinessConfig: sticky }: Properties) => ({
  TargetGroups: TargetGroups.map(({ TargetGroupArn, Weight }: Properties) => ({
    TargetGroupArn,
    ...(Weight !== undefined && { Weight: Number(Weight) }),
  })),
  ...(sticky !== undefined && {
    TargetGroupStickinessConfig: {
      Enabled: String(sticky.Enabled) === "true",
      ...(sticky.DurationSeconds !== undefined && { DurationSeconds: Number(sticky.DurationSeconds) }),
    },
  }),
});

/** Keep the form in which a template has them. */
const remember = (
  scope: Scope,
  { id, actions, conditions }: Rule,
  ownActions: readonly unknown[],
  ownConditions: readonly unknown[],
): void => void rules.patch(scope, id, { declared: { actions, conditions, ownActions, ownConditions } });

/** In the form in which they were declared, for as long as they mean the same. */
const actionsAsDeclared = ({ declared, actions }: Rule): unknown =>
  declared !== undefined && sameJson(declared.actions, actions) ? declared.ownActions : actions.map(shownAction);
