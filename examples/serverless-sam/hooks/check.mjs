import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

/** Asks the new version for a greeting, and tells CodeDeploy whether it gave one. */
export const handler = async ({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId }) => {
  const { FunctionError } = await new LambdaClient({}).send(new InvokeCommand({ FunctionName: process.env.NEW_VERSION, Payload: "{}" }));
  const status = FunctionError === undefined ? "Succeeded" : "Failed";
  await new CodeDeployClient({}).send(
    new PutLifecycleEventHookExecutionStatusCommand({ deploymentId, lifecycleEventHookExecutionId, status }),
  );
};
