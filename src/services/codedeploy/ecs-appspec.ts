import { readAppSpec } from "./appspec.ts";

/** What an AppSpec file of the ECS platform asks for. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html#reference-appspec-file-structure-resources-ecs */
export interface EcsAppSpec {
  readonly taskDefinition: string;
  readonly containerName: string;
  readonly containerPort: number;
  readonly platformVersion?: string;
  /** As they are said: the service that makes the task set reads them. */
  readonly networkConfiguration?: Readonly<Record<string, unknown>>;
  readonly capacityProviderStrategy?: readonly Readonly<Record<string, unknown>>[];
  readonly hooks: Readonly<Partial<Record<EcsHook, string>>>;
}

export type EcsHook = "BeforeInstall" | "AfterInstall" | "AfterAllowTestTraffic" | "BeforeAllowTraffic" | "AfterAllowTraffic";

const HOOKS: readonly EcsHook[] = ["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"];

/** Read one in YAML or JSON; a text where it is none. */
export function parseEcsAppSpec(text: string): EcsAppSpec | string {
  const read = readAppSpec(text, "Amazon ECS", "AWS::ECS::Service", HOOKS);
  if (typeof read === "string") return read;
  const { properties, hooks } = read;
  const { TaskDefinition, LoadBalancerInfo, PlatformVersion, NetworkConfiguration, CapacityProviderStrategy } = properties;
  if (!TaskDefinition) return "The AppSpec file is missing the property TaskDefinition.";
  const { ContainerName, ContainerPort } = LoadBalancerInfo ?? {};
  if (!ContainerName || !ContainerPort) return "The AppSpec file is missing the container name or port of its load balancer.";
  return {
    taskDefinition: String(TaskDefinition),
    containerName: String(ContainerName),
    containerPort: Number(ContainerPort),
    ...(PlatformVersion && { platformVersion: String(PlatformVersion) }),
    ...(NetworkConfiguration && { networkConfiguration: NetworkConfiguration }),
    ...(CapacityProviderStrategy && { capacityProviderStrategy: CapacityProviderStrategy }),
    hooks,
  };
}
