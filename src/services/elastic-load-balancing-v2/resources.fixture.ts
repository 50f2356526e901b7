import type { ResourceExample } from "../../testing/resource-example.ts";
import type { World } from "../../testing/world.ts";
import { defaultId } from "../ec2/default-network.ts";
import { subnets } from "../ec2/subnet.ts";
import { modifyListener } from "./listener.ts";
import { modifyLoadBalancerAttributes } from "./load-balancer.ts";
import { setRulePriorities } from "./rule.ts";
import { modifyTargetGroup } from "./target-group.ts";

const HERE = { account: "111122223333", region: "eu-west-1" };
const subnet = (zone: string): string => defaultId(HERE, "subnet", `eu-west-1${zone}`);
const VpcId = defaultId(HERE, "vpc");
const SECURITY_GROUP = defaultId(HERE, "sg", VpcId);

const GROUP = { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: { Name: "group", Protocol: "HTTP", Port: 80, VpcId } };
const OTHER_GROUP = { ...GROUP, Properties: { ...GROUP.Properties, Name: "other" } };
const BALANCER = { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Name: "web", Subnets: [subnet("a"), subnet("b")] } };
const group = { Ref: "Group" };
const fixed = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404", ContentType: "text/plain", MessageBody: "no" } };
const redirect = {
  Type: "redirect",
  RedirectConfig: { StatusCode: "HTTP_301", Protocol: "HTTPS", Host: "#{host}", Port: "443", Path: "/new", Query: "a=b" },
};
const forward = {
  Type: "forward",
  Order: 1,
  ForwardConfig: {
    TargetGroups: [
      { TargetGroupArn: group, Weight: 1 },
      { TargetGroupArn: { Ref: "Other" }, Weight: 9 },
    ],
    TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
  },
};
const LISTENER = {
  Type: "AWS::ElasticLoadBalancingV2::Listener",
  Properties: { LoadBalancerArn: { Ref: "Balancer" }, Port: 80, Protocol: "HTTP", DefaultActions: [fixed] },
};

const existing = (cloud: World): boolean => subnets.list(cloud.scope()).length === 3;

export const elasticLoadBalancingExamples: readonly ResourceExample[] = [
  {
    type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    before: existing,
    properties: {
      Name: "shop",
      Type: "application",
      Scheme: "internal",
      Subnets: [subnet("a"), subnet("b")],
      SecurityGroups: [SECURITY_GROUP],
      LoadBalancerAttributes: [{ Key: "idle_timeout.timeout_seconds", Value: "30" }],
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { LoadBalancerAttributes: [{ Key: "idle_timeout.timeout_seconds", Value: "60" }] },
      { Subnets: [subnet("b"), subnet("c")] },
      { SecurityGroups: [] },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/LoadBalancerAttributes/0/Value": (cloud, LoadBalancerArn) =>
        cloud.call(modifyLoadBalancerAttributes, { LoadBalancerArn, Attributes: [{ Key: "idle_timeout.timeout_seconds", Value: "31" }] }),
    },
    withoutAttributes: ["SecurityGroups"],
  },
  {
    type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    properties: {
      Name: "shop",
      Protocol: "HTTP",
      Port: 80,
      VpcId,
      TargetType: "ip",
      HealthCheckProtocol: "HTTP",
      HealthCheckPort: "8080",
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 3,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 3,
      Matcher: { HttpCode: "200-204" },
      TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }],
      Targets: [{ Id: "10.0.0.9", Port: 8080 }],
      Tags: [{ Key: "a", Value: "b" }],
    },
    updates: [
      { HealthCheckPort: "traffic-port" },
      { HealthCheckPath: "/" },
      { HealthCheckIntervalSeconds: 20 },
      { HealthCheckTimeoutSeconds: 4 },
      { HealthyThresholdCount: 3 },
      { UnhealthyThresholdCount: 2 },
      { Matcher: { HttpCode: "200" } },
      { TargetGroupAttributes: [{ Key: "stickiness.enabled", Value: "true" }] },
      { Targets: [{ Id: "10.0.0.9" }] },
      { HealthCheckProtocol: "TCP", HealthCheckPath: undefined, Matcher: undefined },
      { Tags: [{ Key: "a", Value: "c" }] },
    ],
    byHand: {
      "/HealthCheckPath": (cloud, TargetGroupArn) => cloud.call(modifyTargetGroup, { TargetGroupArn, HealthCheckPath: "/other" }),
    },
    withoutAttributes: ["LoadBalancerArns"],
  },
  {
    type: "AWS::ElasticLoadBalancingV2::Listener",
    around: { Group: GROUP, Other: OTHER_GROUP, Balancer: BALANCER },
    properties: {
      LoadBalancerArn: { Ref: "Balancer" },
      Port: 80,
      Protocol: "HTTP",
      DefaultActions: [{ Type: "forward", TargetGroupArn: group }],
    },
    updates: [{ DefaultActions: [forward] }, { DefaultActions: [redirect] }, { DefaultActions: [fixed] }, { Port: 8080 }],
    unchangeable: ["Protocol"],
    byHand: {
      "/Port": (cloud, ListenerArn) => cloud.call(modifyListener, { ListenerArn, Port: 81 }),
    },
  },
  {
    type: "AWS::ElasticLoadBalancingV2::ListenerRule",
    around: { Group: GROUP, Other: OTHER_GROUP, Balancer: BALANCER, Listener: LISTENER },
    properties: {
      ListenerArn: { Ref: "Listener" },
      Priority: 10,
      Actions: [{ Type: "forward", TargetGroupArn: group }],
      Conditions: [
        { Field: "path-pattern", Values: ["/a/*"] },
        { Field: "host-header", HostHeaderConfig: { Values: ["*.example.com"] } },
      ],
    },
    updates: [
      { Priority: 20 },
      { Actions: [forward] },
      { Actions: [redirect] },
      { Actions: [fixed] },
      {
        Conditions: [
          { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-A", Values: ["b"] } },
          { Field: "query-string", QueryStringConfig: { Values: [{ Key: "a", Value: "b" }] } },
        ],
      },
      {
        Conditions: [
          { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET"] } },
          { Field: "path-pattern", PathPatternConfig: { Values: ["/b"] } },
          { Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } },
        ],
      },
    ],
    byHand: {
      "/Priority": (cloud, RuleArn) => cloud.call(setRulePriorities, { RulePriorities: [{ RuleArn, Priority: 11 }] }),
    },
    withoutAttributes: ["IsDefault"],
  },
];
