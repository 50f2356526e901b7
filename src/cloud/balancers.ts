import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { Listener } from "../compute/listener.ts";
import type { Connect } from "../compute/tcp.ts";
import { OpenBalancer } from "../dataplane/balancer.ts";
import type { BalancerMeasure, BalancerPlan, BalancerTarget } from "../dataplane/balancer-plan.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Partition } from "../kernel/table.ts";
import { planOf } from "../services/elastic-load-balancing-v2/api.ts";

const FLUSH_MS = 250;
/** Whatever a plan is made of lies in these tables. */
const MADE_OF = /^(elastic-load-balancing-v2|ec2\/instance)/;

/** Values of one metric that have not been written yet. */
interface Pending {
  readonly partition: Partition;
  readonly namespace: string;
  readonly measure: BalancerMeasure;
  readonly loadBalancer: string;
  readonly values: number[];
}

/** The listeners of load balancers: opens them, tells them how things stand, and writes down what passed. */
export class Balancers {
  readonly #kernel: Kernel;
  readonly #connect: Connect;
  readonly #open = new Map<string, OpenBalancer>();
  readonly #pending = new Map<string, Pending>();
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  #plans = new Map<string, BalancerPlan | undefined>();

  constructor(kernel: Kernel, connect: Connect) {
    this.#kernel = kernel;
    this.#connect = connect;
    this.#unwatch = kernel.watch((changed) => {
      if (this.#plans.size > 0) for (const path of changed) if (MADE_OF.test(path)) this.#plans = new Map();
    });
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS).unref();
  }

  /** Where it is open: where it would like to be, or on any port where that is not to be had. */
  async open(path: string, partition: Partition, { arn, wanted, host, port }: Listener): Promise<{ host: string; port: number }> {
    const listener = {
      plan: () => this.#plan(path, partition, arn),
      connect: (target: BalancerTarget) => this.#reach(target),
      measure: (plan: BalancerPlan, measures: readonly BalancerMeasure[]) => this.#note(partition, plan, measures),
    };
    const places = [
      ...(wanted ? [wanted] : []),
      ...(port === undefined ? [] : [{ host: host ?? "127.0.0.1", port }]),
      { host: "127.0.0.1", port: 0 },
    ];
    for (const place of places) {
      const open = await OpenBalancer.open({ ...listener, ...place }).catch(() => undefined);
      if (open === undefined) continue;
      this.#open.set(path, open);
      return open.address;
    }
    throw new Error(`no port is free for ${arn}`);
  }

  async close(path: string): Promise<void> {
    const open = this.#open.get(path);
    this.#open.delete(path);
    await open?.close();
  }

  async closeAll(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#open.keys()].map((path) => this.close(path)));
    this.#flush();
    this.#unwatch();
  }

  #plan(path: string, partition: Partition, arn: string): BalancerPlan | undefined {
    if (!this.#plans.has(path)) this.#plans.set(path, planOf(this.#kernel.scope(partition), arn));
    return this.#plans.get(path);
  }

  #reach({ instanceId, host, port }: BalancerTarget): Promise<Duplex> {
    if (instanceId !== undefined) return this.#connect(instanceId, port);
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(socket);
      });
    });
  }

  #note(partition: Partition, { loadBalancer, protocol }: BalancerPlan, measures: readonly BalancerMeasure[]): void {
    const namespace = protocol === "HTTP" ? "AWS/ApplicationELB" : "AWS/NetworkELB";
    for (const measure of measures) {
      const key = [partition.account, partition.region, loadBalancer, measure.group, measure.name].join(" ");
      const pending = this.#pending.get(key) ?? { partition, namespace, measure, loadBalancer, values: [] };
      pending.values.push(measure.value);
      this.#pending.set(key, pending);
    }
  }

  #flush(): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { partition, namespace, measure, loadBalancer, values } of all) {
      const { name, unit, group } = measure;
      const dimensions = { LoadBalancer: loadBalancer, ...(group !== undefined && { TargetGroup: group }) };
      const statistics = {
        sampleCount: values.length,
        sum: values.reduce((sum, value) => sum + value, 0),
        minimum: Math.min(...values),
        maximum: Math.max(...values),
      };
      this.#kernel.commit(partition, (scope) => scope.measure({ namespace, name, dimensions }, { statistics, unit }));
    }
  }
}
