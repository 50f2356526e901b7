import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { answerError, answerFixed, answerRedirect } from "./balancer-answer.ts";
import { Chooser, keyOf } from "./balancer-choice.ts";
import { type ConnectTo, type Forwarded, Forwarder, forwardedHeaders } from "./balancer-forward.ts";
import { actionFor, askedOf } from "./balancer-match.ts";
import type { BalancerGroup, BalancerMeasure, BalancerPlan } from "./balancer-plan.ts";

/** One listener of a load balancer. */
export interface BalancerListener {
  readonly host: string;
  readonly port: number;
  /** As it stands; undefined where it is gone. */
  plan(): BalancerPlan | undefined;
  connect: ConnectTo;
  /** Takes note of what passed. */
  measure(plan: BalancerPlan, measures: readonly BalancerMeasure[]): void;
}

/** A listener that is open: HTTP requests are answered, forwarded or redirected by rules; TCP connections are joined with a target. */
export class OpenBalancer {
  readonly #listener: BalancerListener;
  readonly #chooser = new Chooser();
  readonly #forwarder: Forwarder;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  #lastPlan: BalancerPlan | undefined;

  private constructor(listener: BalancerListener, protocol: BalancerPlan["protocol"]) {
    this.#listener = listener;
    this.#forwarder = new Forwarder(listener.connect);
    this.#server =
      protocol === "HTTP" ? this.#httpServer() : createTcpServer({ allowHalfOpen: true }, (socket) => void this.#joinTcp(socket));
    this.#server.on("connection", (socket) => this.#keep(socket));
  }

  /** Open it; rejects where the place is taken or not ours to take. */
  static async open(listener: BalancerListener): Promise<OpenBalancer> {
    const balancer = new OpenBalancer(listener, listener.plan()?.protocol ?? "HTTP");
    await new Promise<void>((resolve, reject) => {
      balancer.#server.once("error", reject);
      balancer.#server.listen(listener.port, listener.host, resolve);
    });
    return balancer;
  }

  get address(): { host: string; port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#forwarder.close();
  }

  #httpServer(): Server {
    const server = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head));
    return server;
  }

  /** The plan; pools of targets that it no longer has are let go. */
  #plan(): BalancerPlan | undefined {
    const plan = this.#listener.plan();
    if (plan !== this.#lastPlan) {
      this.#lastPlan = plan;
      const groups = plan?.rules.flatMap(({ action }) => (action.type === "forward" ? action.groups : [])) ?? [];
      this.#forwarder.keep(new Set(groups.flatMap(({ targets }) => targets.map(keyOf))));
    }
    return plan;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const plan = this.#plan();
    if (plan === undefined) return answerError(response, 503);
    const asked = askedOf(request);
    const action = actionFor(plan, asked);
    const own = (name: string): void =>
      this.#listener.measure(plan, [
        { name, value: 1, unit: "Count" },
        { name: "RequestCount", value: 1, unit: "Count" },
      ]);
    switch (action.type) {
      case "fixed-response":
        answerFixed(response, action);
        return own("HTTP_Fixed_Response_Count");
      case "redirect":
        answerRedirect(response, action, asked, plan);
        return own("HTTP_Redirect_Count");
      case "forward": {
        const { group, target, cookies } = this.#chooser.choose(action, request.headers.cookie);
        if (target === undefined) {
          answerError(response, 503, cookies);
          return this.#measure(plan, group, { status: 503, by: "balancer" });
        }
        const done = this.#chooser.take(target);
        const forwarded = await this.#forwarder.forward(request, response, target, plan, cookies).finally(done);
        this.#measure(plan, group, forwarded);
      }
    }
  }

  /** A connection that changes its protocol, as WebSockets do, is joined with the target's. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    const plan = this.#plan();
    const action = plan && actionFor(plan, askedOf(request));
    const choice = action?.type === "forward" ? this.#chooser.choose(action, request.headers.cookie) : undefined;
    const target = choice?.target;
    if (plan === undefined || target === undefined) return void socket.end("HTTP/1.1 503 Service Temporarily Unavailable\r\n\r\n");
    try {
      const theirs = await this.#listener.connect(target);
      const headers = [...forwardedHeaders(request, plan), "Connection", "Upgrade", "Upgrade", request.headers.upgrade!];
      const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []));
      theirs.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      if (head.length > 0) theirs.write(head);
      this.#join(socket, theirs);
    } catch {
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    }
  }

  async #joinTcp(socket: Socket): Promise<void> {
    socket.on("error", () => socket.destroy());
    const plan = this.#plan();
    const action = plan?.rules.at(-1)?.action;
    const choice = action?.type === "forward" ? this.#chooser.choose(action, undefined) : undefined;
    if (plan === undefined || choice?.target === undefined) return void socket.destroy();
    try {
      const theirs = await this.#listener.connect(choice.target);
      this.#join(socket, theirs);
      this.#listener.measure(plan, [{ name: "NewFlowCount", value: 1, unit: "Count" }]);
    } catch {
      socket.resetAndDestroy();
    }
  }

  #join(one: Duplex, other: Duplex): void {
    this.#keep(other);
    one.pipe(other).pipe(one);
    for (const [socket, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      socket.on("error", () => peer.destroy());
      socket.on("close", () => peer.destroy());
    }
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #measure(plan: BalancerPlan, { name: group }: BalancerGroup, { status, by, isConnectionError, responseSeconds }: Forwarded): void {
    const count = (name: string): BalancerMeasure[] => [
      { name, value: 1, unit: "Count" },
      { name, value: 1, unit: "Count", group },
    ];
    const kind = `${Math.floor(status / 100)}XX_Count`;
    const seconds = responseSeconds;
    this.#listener.measure(plan, [
      ...count("RequestCount"),
      ...(by === "target" ? count(`HTTPCode_Target_${kind}`) : [{ name: `HTTPCode_ELB_${kind}`, value: 1, unit: "Count" as const }]),
      ...(by === "balancer" && status > 500 ? [{ name: `HTTPCode_ELB_${status}_Count`, value: 1, unit: "Count" as const }] : []),
      ...(isConnectionError ? count("TargetConnectionErrorCount") : []),
      ...(seconds === undefined
        ? []
        : [
            { name: "TargetResponseTime", value: seconds, unit: "Seconds" as const },
            { name: "TargetResponseTime", value: seconds, unit: "Seconds" as const, group },
          ]),
    ]);
  }
}
