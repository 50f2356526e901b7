import { parse } from "yaml";
import { checkVersion } from "./appspec.ts";

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
  let document: any;
  try {
    document = parse(text);
  } catch (error) {
    return `The AppSpec file is not valid YAML or JSON: ${(error as Error).message.split("\n")[0]}`;
  }
  const sections = checkVersion(document);
  if (typeof sections === "string") return sections;
  const resources = sections.get("resources");
  if (!Array.isArray(resources) || resources.length !== 1)
    return "The AppSpec file for an Amazon ECS deployment must have exactly one resource.";
  const resource: any = Object.values(resources[0])[0];
  if (resource?.Type !== "AWS::ECS::Service") return "The resource of the AppSpec file must be of the type AWS::ECS::Service.";
  const { TaskDefinition, LoadBalancerInfo, PlatformVersion, NetworkConfiguration, CapacityProviderStrategy } = resource.Properties ?? {};
  if (!TaskDefinition) return "The AppSpec file is missing the property TaskDefinition.";
  const { ContainerName, ContainerPort } = LoadBalancerInfo ?? {};
  if (!ContainerName || !ContainerPort) return "The AppSpec file is missing the container name or port of its load balancer.";
  const hooks: Record<string, string> = Object.assign({}, ...((sections.get("hooks") ?? []) as object[]));
  const unknown = Object.keys(hooks).find((name) => !HOOKS.includes(name as EcsHook));
  if (unknown !== undefined) return `The AppSpec file has an unknown lifecycle event: ${unknown}.`;
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
