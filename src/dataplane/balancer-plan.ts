/** What a listener of a load balancer does with what comes in. */
export interface BalancerPlan {
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  /** As metrics name the balancer, such as app/web/0123456789abcdef. */
  readonly loadBalancer: string;
  readonly idleTimeoutMs: number;
  readonly forwardedFor: "append" | "preserve" | "remove";
  readonly forwardsClientPort: boolean;
  /** In the order in which they are tried; the last is for everything. */
  readonly rules: readonly { readonly conditions: readonly BalancerCondition[]; readonly action: BalancerAction }[];
}

export type BalancerCondition =
  | { readonly field: "host-header" | "path-pattern" | "http-request-method" | "source-ip"; readonly values: readonly string[] }
  | { readonly field: "http-header"; readonly name: string; readonly values: readonly string[] }
  | { readonly field: "query-string"; readonly pairs: readonly { readonly key?: string; readonly value: string }[] };

export type BalancerAction =
  | { readonly type: "forward"; readonly groups: readonly BalancerGroup[]; readonly stickySeconds?: number }
  | { readonly type: "fixed-response"; readonly status: string; readonly contentType?: string; readonly body?: string }
  | {
      readonly type: "redirect";
      readonly status: "HTTP_301" | "HTTP_302";
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    };

export interface BalancerGroup {
  /** As metrics name it. */
  readonly name: string;
  readonly weight: number;
  readonly algorithm: string;
  readonly stickySeconds?: number;
  readonly targets: readonly BalancerTarget[];
}

export interface BalancerTarget {
  readonly id: string;
  readonly port: number;
  /** An instance of ours, reached through its door; otherwise whoever is at the host. */
  readonly instanceId?: string;
  readonly host: string;
}

/** What was measured of one thing that passed. */
export interface BalancerMeasure {
  readonly name: string;
  readonly value: number;
  readonly unit: "Count" | "Seconds" | "Bytes";
  /** The target group that it is about, besides the balancer. */
  readonly group?: string;
}
