import { lowerFirst, present, renamed, upperFirst } from "../../kernel/json.ts";
import { alreadyExists, attempt, nameWithin, type ResourceType } from "../../kernel/resource.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { applications, newApplication, removeApplication } from "./application.ts";
import { checkHosts, checkTraffic, configs } from "./config.ts";
import { groupResource } from "./resource-group.ts";

type Properties = Readonly<Record<string, any>>;

const lowered = (value: unknown): any => renamed(value, lowerFirst);
const capitalized = (value: unknown): any => renamed(value, upperFirst);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-application.html; its id is its name. */
const application: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::Application",
  ensure: (scope, declared, id, { generatedName, logicalId, tags }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["ApplicationName"] ?? nameWithin(100, generatedName, logicalId);
      const all = allTags(tags, declared["Tags"]);
      const known = applications.get(scope, name);
      if (id === undefined && known !== undefined) return alreadyExists("AWS::CodeDeploy::Application", name);
      if (known === undefined) newApplication(scope, name, declared["ComputePlatform"] ?? "Server", all);
      else applications.patch(scope, name, { tags: all });
      return name;
    }),
  read(scope, id) {
    const found = applications.get(scope, id);
    return found && present({ ApplicationName: id, ComputePlatform: found.platform, Tags: tagList(found.tags) });
  },
  remove(scope, id) {
    removeApplication(scope, id);
    return { state: "done", id };
  },
  list: (scope) => applications.list(scope).map(({ id }) => id),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentconfig.html; its id is its name. */
const config: ResourceType<Properties> = {
  type: "AWS::CodeDeploy::DeploymentConfig",
  ensure: (scope, declared, id, { generatedName, logicalId }) =>
    attempt(scope, () => {
      const name: string = id ?? declared["DeploymentConfigName"] ?? nameWithin(100, generatedName, logicalId);
      if (id === undefined && configs.get(scope, name) !== undefined) return alreadyExists("AWS::CodeDeploy::DeploymentConfig", name);
      const { TrafficRoutingConfig, MinimumHealthyHosts, ZonalConfig, ComputePlatform = "Server" } = declared;
      const traffic = natural(lowered(TrafficRoutingConfig));
      const hosts = natural(lowered(MinimumHealthyHosts));
      const zonal = natural(lowered(ZonalConfig));
      if (ComputePlatform === "Server") checkHosts(hosts, zonal);
      else checkTraffic(traffic);
      configs.put(scope, {
        id: name,
        configId: configs.get(scope, name)?.configId ?? scope.id.uuid(),
        platform: ComputePlatform,
        ...(traffic && { traffic }),
        ...(hosts && { minimumHealthyHosts: hosts }),
        ...(zonal && { zonal }),
        createdAt: scope.clock.now(),
      });
      return name;
    }),
  read(scope, id) {
    const found = configs.get(scope, id);
    if (found === undefined) return undefined;
    return present({
      DeploymentConfigName: id,
      ComputePlatform: found.platform,
      TrafficRoutingConfig: capitalized(found.traffic),
      MinimumHealthyHosts: capitalized(found.minimumHealthyHosts),
      ZonalConfig: capitalized(found.zonal),
    });
  },
  remove(scope, id) {
    configs.remove(scope, id);
    return { state: "done", id };
  },
  list: (scope) => configs.list(scope).map(({ id }) => id),
};

export const codedeployResources = [application, groupResource, config];

/** Numbers, which a template may give as texts. */
const natural = (value: any): any =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, natural(member)]))
    : typeof value === "string" && /^\d+$/.test(value)
      ? Number(value)
      : value;
