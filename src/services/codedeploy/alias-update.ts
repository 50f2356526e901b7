import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { UpdatePolicy } from "../../kernel/policy.ts";
import { aliasOf } from "../lambda/api.ts";
import { lambdaAppSpec } from "./appspec.ts";
import { deployments } from "./deployment.ts";
import { startDeployment } from "./deployment-start.ts";
import { groups } from "./group.ts";
import { revisionOf } from "./revision.ts";

/**
 * CloudFormation's way to move an alias to another version: by a deployment.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html#cfn-attributes-updatepolicy-codedeploylambdaaliasupdate
 */
export const aliasUpdate: UpdatePolicy = {
  name: "CodeDeployLambdaAliasUpdate",
  ensure(scope, { token, id, settings, previous, declared, stackId }) {
    const deploymentId = `d-${idsFrom(token).text(9)}`;
    try {
      const deployment = deployments.get(scope, deploymentId) ?? start();
      if (deployment === undefined) return { state: "done", id };
      switch (deployment.status) {
        case "Succeeded":
          return { state: "done", id };
        case "Failed":
        case "Stopped": {
          const rollback = deployment.rollbackDeploymentId && deployments.get(scope, deployment.rollbackDeploymentId);
          if (rollback && rollback.status !== "Succeeded" && rollback.status !== "Failed")
            return { state: "busy", id, because: `deployment ${rollback.id} takes ${deploymentId} back` };
          return {
            state: "failed",
            id,
            reason: `CodeDeploy deployment ${deploymentId} was ${deployment.status === "Stopped" ? "stopped" : "not successful"}: ${deployment.error?.message ?? deployment.status}`,
          };
        }
        default:
          return { state: "busy", id, because: `deployment ${deploymentId} moves the traffic` };
      }
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", id, reason: error.message };
    }

    function start() {
      const functionName = String(declared["FunctionName"]).split(":function:").at(-1)!.split(":")[0]!;
      const alias = String(declared["Name"]);
      const currentVersion = aliasOf(scope, functionName, alias)?.version ?? String(previous["FunctionVersion"]);
      const targetVersion = String(declared["FunctionVersion"]);
      if (currentVersion === targetVersion) return undefined;
      const application = String(settings["ApplicationName"]);
      const groupName = String(settings["DeploymentGroupName"]);
      const group = groups.get(scope, `${application}/${groupName}`);
      const hooks = {
        ...(settings["BeforeAllowTrafficHook"] && { BeforeAllowTraffic: String(settings["BeforeAllowTrafficHook"]) }),
        ...(settings["AfterAllowTrafficHook"] && { AfterAllowTraffic: String(settings["AfterAllowTrafficHook"]) }),
      };
      return startDeployment(scope, {
        id: deploymentId,
        application,
        groupName,
        configName: group?.configName ?? "CodeDeployDefault.LambdaAllAtOnce",
        revision: revisionOf(lambdaAppSpec({ functionName, alias, currentVersion, targetVersion, hooks })),
        creator: "CloudFormation",
        externalId: stackId,
        alarms: group?.alarms,
        rollback: group?.rollback,
      });
    }
  },
};
