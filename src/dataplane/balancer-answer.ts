import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Asked } from "./balancer-match.ts";
import type { BalancerAction, BalancerPlan } from "./balancer-plan.ts";

const SERVER = "awselb/2.0";

/** What a balancer says itself, where no target does. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html */
export function answerError(response: ServerResponse, status: 400 | 502 | 503 | 504, cookies: readonly string[] = []): void {
  // On AWS they are called by these names, not by those of HTTP.
  const title = `${status} ${{ 400: "Bad Request", 502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out" }[status]}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  answer(response, status, { "content-type": "text/html", ...(cookies.length > 0 && { "set-cookie": [...cookies] }) }, body);
}

export function answerFixed(response: ServerResponse, action: Extract<BalancerAction, { type: "fixed-response" }>): void {
  const { status, contentType = "text/plain; charset=utf-8", body = "" } = action;
  answer(response, Number(status), { "content-type": contentType }, body);
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions */
export function answerRedirect(
  response: ServerResponse,
  action: Extract<BalancerAction, { type: "redirect" }>,
  asked: Asked,
  plan: BalancerPlan,
): void {
  const values: Readonly<Record<string, string>> = {
    protocol: plan.protocol,
    host: asked.host,
    port: String(plan.port),
    path: asked.path.replace(/^\//, ""),
    query: asked.query,
  };
  const filled = (text: string): string => text.replace(/#\{(protocol|host|port|path|query)\}/g, (_all, name: string) => values[name]!);
  const protocol = filled(action.protocol).toLowerCase();
  const query = filled(action.query);
  const location = `${protocol}://${filled(action.host)}:${filled(action.port)}${filled(action.path)}${query === "" ? "" : `?${query}`}`;
  const status = Number(action.status.slice("HTTP_".length));
  const title = `${status} ${STATUS_CODES[status]}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  answer(response, status, { location, "content-type": "text/html" }, body);
}

function answer(response: ServerResponse, status: number, headers: Record<string, string | string[]>, body: string): void {
  response.writeHead(status, { server: SERVER, ...headers, "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
