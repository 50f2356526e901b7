import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Action as ActionShape, InvalidLoadBalancerActionException } from "../../sdk/elastic-load-balancing-v2.js";
import { notImplemented } from "./listing.ts";
import { requireTargetGroup } from "./target-group.ts";

/** What is done with a request; forwarding is always said by groups and their weights. Its place among others is told as it was said. */
export type Action = { readonly order?: number } & (
  | {
      readonly type: "forward";
      readonly groups: readonly { readonly arn: string; readonly weight: number }[];
      readonly stickySeconds?: number;
    }
  | { readonly type: "fixed-response"; readonly status: string; readonly contentType?: string; readonly body?: string }
  | {
      readonly type: "redirect";
      readonly status: "HTTP_301" | "HTTP_302";
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
);

const GROUPS_MAX = 5;

/** The actions of a request, checked; refuses what is not carried out. */
export function actionsOf(scope: Scope, given: readonly ActionShape[], protocol: string): Action[] {
  const sorted = [...given].sort((one, other) => (one.Order ?? 0) - (other.Order ?? 0));
  if (sorted.length === 0) fault("ValidationError", "An action must be specified");
  return sorted.map((action) => {
    const one = actionOf(scope, action);
    if (protocol === "TCP" && one.type !== "forward")
      fault(InvalidLoadBalancerActionException, "The action type of a network load balancer's listener must be 'forward'");
    return action.Order === undefined ? one : { ...one, order: action.Order };
  });
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html */
const CONTENT_TYPES = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/** The target groups that actions lead to. */
export const groupsOf = (actions: readonly Action[]): string[] =>
  actions.flatMap((action) => (action.type === "forward" ? action.groups.map(({ arn }) => arn) : []));

function actionOf(scope: Scope, action: ActionShape): Action {
  switch (action.Type) {
    case "forward":
      return forwardOf(scope, action);
    case "fixed-response": {
      const { StatusCode: status = "", ContentType, MessageBody } = action.FixedResponseConfig ?? {};
      if (!/^[245]\d\d$/.test(status))
        fault(InvalidLoadBalancerActionException, `The status code '${status}' of a fixed response is not valid`);
      if (ContentType !== undefined && !CONTENT_TYPES.includes(ContentType))
        fault(InvalidLoadBalancerActionException, `The ContentType must be one of:'${CONTENT_TYPES.join("', '")}'`);
      return {
        type: "fixed-response",
        status,
        ...(ContentType !== undefined && { contentType: ContentType }),
        ...(MessageBody !== undefined && { body: MessageBody }),
      };
    }
    case "redirect": {
      const {
        StatusCode,
        Protocol = "#{protocol}",
        Host = "#{host}",
        Port = "#{port}",
        Path = "/#{path}",
        Query = "#{query}",
      } = action.RedirectConfig ?? {};
      if (StatusCode !== "HTTP_301" && StatusCode !== "HTTP_302")
        return fault(InvalidLoadBalancerActionException, "The status code of a redirect must be HTTP_301 or HTTP_302");
      if (Protocol === "#{protocol}" && Host === "#{host}" && Port === "#{port}" && Path === "/#{path}" && Query === "#{query}")
        fault(InvalidLoadBalancerActionException, "The RedirectConfig values of an action form a loop");
      return { type: "redirect", status: StatusCode, protocol: Protocol, host: Host, port: Port, path: Path, query: Query };
    }
    default:
      return notImplemented(`An action of the type ${action.Type}`);
  }
}

function forwardOf(scope: Scope, { TargetGroupArn, ForwardConfig }: ActionShape): Action {
  const named = ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn }]);
  if (named.length === 0) fault("ValidationError", "A target group ARN must be specified");
  if (named.length > GROUPS_MAX) fault("TooManyTargetGroups", `You can specify at most ${GROUPS_MAX} target groups in a forward action`);
  const groups = named.map((group) => ({
    arn: requireTargetGroup(scope, group.TargetGroupArn!).arn,
    weight: "Weight" in group ? (group.Weight ?? 1) : 1,
  }));
  const sticky = ForwardConfig?.TargetGroupStickinessConfig;
  return { type: "forward", groups, ...(sticky?.Enabled && { stickySeconds: sticky.DurationSeconds ?? 3600 }) };
}

/** An action as it is described. */
export const shownAction = (action: Action): ActionShape => ({
  ...(action.order !== undefined && { Order: action.order }),
  ...shownDoing(action),
});

function shownDoing(action: Action): ActionShape {
  switch (action.type) {
    case "forward": {
      const { groups, stickySeconds } = action;
      return {
        Type: "forward",
        ...(groups.length === 1 && { TargetGroupArn: groups[0]!.arn }),
        ForwardConfig: {
          TargetGroups: groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
          TargetGroupStickinessConfig: stickySeconds === undefined ? { Enabled: false } : { Enabled: true, DurationSeconds: stickySeconds },
        },
      };
    }
    case "fixed-response":
      return {
        Type: "fixed-response",
        FixedResponseConfig: {
          StatusCode: action.status,
          ...(action.contentType !== undefined && { ContentType: action.contentType }),
          ...(action.body !== undefined && { MessageBody: action.body }),
        },
      };
    case "redirect":
      return {
        Type: "redirect",
        RedirectConfig: {
          StatusCode: action.status,
          Protocol: action.protocol,
          Host: action.host,
          Port: action.port,
          Path: action.path,
          Query: action.query,
        },
      };
  }
}
