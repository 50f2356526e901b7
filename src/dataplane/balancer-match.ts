import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import type { BalancerAction, BalancerCondition, BalancerPlan } from "./balancer-plan.ts";

/** What a rule looks at of a request. */
export interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage["headers"];
  readonly sourceIp: string;
}

export function askedOf(request: IncomingMessage): Asked {
  const [path = "/", ...query] = (request.url ?? "/").split("?");
  return {
    method: request.method ?? "GET",
    host: (request.headers.host ?? "").replace(/:\d+$/, ""),
    path,
    query: query.join("?"),
    headers: request.headers,
    sourceIp: (request.socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, ""),
  };
}

/** The action of the first rule whose conditions all fit; the last rule has none. */
export const actionFor = ({ rules }: BalancerPlan, asked: Asked): BalancerAction =>
  rules.find(({ conditions }) => conditions.every((condition) => fits(condition, asked)))!.action;

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html */
function fits(condition: BalancerCondition, asked: Asked): boolean {
  switch (condition.field) {
    case "host-header":
      return condition.values.some((value) => isLike(asked.host.toLowerCase(), value.toLowerCase()));
    case "path-pattern":
      return condition.values.some((value) => isLike(asked.path, value));
    case "http-request-method":
      return condition.values.includes(asked.method);
    case "source-ip":
      return condition.values.some((value) => isIn(asked.sourceIp, value));
    case "http-header": {
      const header = asked.headers[condition.name.toLowerCase()];
      const values = header === undefined ? [] : Array.isArray(header) ? header : [header];
      return values.some((text) => condition.values.some((value) => isLike(text.toLowerCase(), value.toLowerCase())));
    }
    case "query-string": {
      const parameters = [...new URLSearchParams(asked.query)].map(([key, value]) => [key.toLowerCase(), value.toLowerCase()] as const);
      return condition.pairs.some(({ key, value }) =>
        parameters.some(([name, text]) => (key === undefined || isLike(name, key.toLowerCase())) && isLike(text, value.toLowerCase())),
      );
    }
  }
}

/** * stands for any characters, ? for one, and \ takes the next as it is. In time that is the product of both lengths at most. */
export function isLike(text: string, pattern: string): boolean {
  const parts = [...pattern.matchAll(/\\(.)|(\*)|(\?)|(.)/gs)].map(([, escaped, star, any, plain]) => ({
    star,
    any,
    is: escaped ?? plain,
  }));
  let places = new Set([0]);
  for (const { star, any, is } of parts) {
    const next = new Set<number>();
    for (const place of places) {
      if (star) for (let at = place; at <= text.length; at++) next.add(at);
      else if (place < text.length && (any || text[place] === is)) next.add(place + 1);
    }
    places = next;
  }
  return places.has(text.length);
}

function isIn(address: string, cidr: string): boolean {
  const [net = "", bits] = cidr.split("/");
  const family = isIPv6(net) ? "ipv6" : "ipv4";
  if ((isIPv6(address) ? "ipv6" : "ipv4") !== family) return false;
  const block = new BlockList();
  block.addSubnet(net, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  return block.check(address, family);
}
