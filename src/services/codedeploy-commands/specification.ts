import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { ClientException, GetDeploymentSpecification$ } from "../../sdk/codedeploy-commands.js";
import { specificationOf } from "../codedeploy/api.ts";
import { checkHost } from "./host-command.ts";
import { signed } from "./signature.ts";

export const getDeploymentSpecification = operation(GetDeploymentSpecification$, (scope, { DeploymentExecutionId, HostIdentifier }) => {
  checkHost(scope, HostIdentifier!);
  const specification = specificationOf(scope, DeploymentExecutionId!.slice(DeploymentExecutionId!.lastIndexOf("/") + 1));
  if (specification === undefined) return fault(ClientException, `The deployment ${DeploymentExecutionId} does not exist.`);
  return {
    DeploymentSystem: "CodeDeploy",
    DeploymentSpecification: {
      GenericEnvelope: { Format: "PKCS7/JSON", Payload: signed(JSON.stringify(specification), `${scope.settings.seed}`) },
    },
  };
});
