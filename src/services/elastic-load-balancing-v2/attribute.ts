import { fault } from "../../kernel/fault.ts";
import { InvalidConfigurationRequestException } from "../../sdk/elastic-load-balancing-v2.js";

/** What an attribute is by default, and whether another value of it has an effect here. */
export interface Attribute {
  readonly value: string;
  readonly takes?: RegExp;
}

export type Attributes = Readonly<Record<string, string>>;

interface Setting {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const BOOLEAN = /^(true|false)$/;

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html */
export const LOAD_BALANCER: Readonly<Record<"application" | "network", Readonly<Record<string, Attribute>>>> = {
  application: {
    "access_logs.s3.enabled": { value: "false" },
    "access_logs.s3.bucket": { value: "" },
    "access_logs.s3.prefix": { value: "" },
    "client_keep_alive.seconds": { value: "3600" },
    "connection_logs.s3.enabled": { value: "false" },
    "connection_logs.s3.bucket": { value: "" },
    "connection_logs.s3.prefix": { value: "" },
    "deletion_protection.enabled": { value: "false", takes: BOOLEAN },
    "idle_timeout.timeout_seconds": { value: "60", takes: /^[1-9]\d{0,3}$/ },
    "ipv6.deny_all_igw_traffic": { value: "false" },
    "load_balancing.cross_zone.enabled": { value: "true" },
    "routing.http.desync_mitigation_mode": { value: "defensive" },
    "routing.http.drop_invalid_header_fields.enabled": { value: "false" },
    "routing.http.preserve_host_header.enabled": { value: "false", takes: BOOLEAN },
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": { value: "false" },
    "routing.http.xff_client_port.enabled": { value: "false", takes: BOOLEAN },
    "routing.http.xff_header_processing.mode": { value: "append", takes: /^(append|preserve|remove)$/ },
    "routing.http2.enabled": { value: "true", takes: BOOLEAN },
    "waf.fail_open.enabled": { value: "false" },
    "zonal_shift.config.enabled": { value: "false" },
  },
  network: {
    "access_logs.s3.enabled": { value: "false" },
    "access_logs.s3.bucket": { value: "" },
    "access_logs.s3.prefix": { value: "" },
    "deletion_protection.enabled": { value: "false", takes: BOOLEAN },
    "dns_record.client_routing_policy": { value: "any_availability_zone" },
    "ipv6.deny_all_igw_traffic": { value: "false" },
    "load_balancing.cross_zone.enabled": { value: "false", takes: BOOLEAN },
    "zonal_shift.config.enabled": { value: "false" },
  },
};

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html */
export const TARGET_GROUP: Readonly<Record<"application" | "network", Readonly<Record<string, Attribute>>>> = {
  application: {
    "deregistration_delay.timeout_seconds": { value: "300", takes: /^\d{1,4}$/ },
    "load_balancing.algorithm.anomaly_mitigation": { value: "off" },
    "load_balancing.algorithm.type": { value: "round_robin", takes: /^(round_robin|least_outstanding_requests)$/ },
    "load_balancing.cross_zone.enabled": { value: "use_load_balancer_configuration" },
    "slow_start.duration_seconds": { value: "0" },
    "stickiness.app_cookie.cookie_name": { value: "" },
    "stickiness.app_cookie.duration_seconds": { value: "86400" },
    "stickiness.enabled": { value: "false", takes: BOOLEAN },
    "stickiness.lb_cookie.duration_seconds": { value: "86400", takes: /^[1-9]\d{0,5}$/ },
    "stickiness.type": { value: "lb_cookie" },
    "target_group_health.dns_failover.minimum_healthy_targets.count": { value: "1" },
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": { value: "off" },
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": { value: "1" },
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": { value: "off" },
  },
  network: {
    "deregistration_delay.connection_termination.enabled": { value: "false" },
    "deregistration_delay.timeout_seconds": { value: "300", takes: /^\d{1,4}$/ },
    "load_balancing.cross_zone.enabled": { value: "use_load_balancer_configuration" },
    "preserve_client_ip.enabled": { value: "true" },
    "proxy_protocol_v2.enabled": { value: "false" },
    "stickiness.enabled": { value: "false" },
    "stickiness.type": { value: "source_ip" },
  },
};

/** Attributes after a change; refuses what is unknown, what is invalid, and what would have no effect. */
export function changed(
  known: Readonly<Record<string, Attribute>>,
  before: Attributes,
  settings: readonly Setting[],
  kind: string,
): Attributes {
  const after: Record<string, string> = { ...before };
  for (const { Key = "", Value = "" } of settings) {
    const attribute = known[Key];
    if (attribute === undefined) return fault(InvalidConfigurationRequestException, `${kind} attribute key '${Key}' is not recognized`);
    after[Key] = Value;
    if (Value === attribute.value) continue;
    if (attribute.takes === undefined)
      fault("NotImplemented", `${Key} = ${Value} of a ${kind.toLowerCase()} is not implemented by Slipway.`, 501);
    if (!attribute.takes!.test(Value))
      fault(InvalidConfigurationRequestException, `${kind} attribute value '${Value}' for key '${Key}' is invalid`);
  }
  return after;
}

/** All attributes, each as it was set or as it is by default. */
export const allOf = (known: Readonly<Record<string, Attribute>>, set: Attributes): { Key: string; Value: string }[] =>
  Object.entries(known).map(([Key, { value }]) => ({ Key, Value: set[Key] ?? value }));

export const settingOf = (known: Readonly<Record<string, Attribute>>, set: Attributes, key: string): string =>
  set[key] ?? known[key]!.value;
