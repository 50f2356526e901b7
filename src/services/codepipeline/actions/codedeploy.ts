import { idsFrom } from "../../../kernel/id.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { type DeploymentView, deploymentOf, ensureDeployment } from "../../codedeploy/api.ts";
import { type ActionProgress, type ActionProvider, failed } from "../provider.ts";
import type { Run } from "../run.ts";

const TIMEOUT_MINUTES = 7200;

/** A deployment to instances: the artifact has the AppSpec file. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeDeploy.html */
export const codeDeploy: ActionProvider = {
  type: { category: "Deploy", owner: "AWS", provider: "CodeDeploy", version: "1" },
  inputs: [1, 1],
  outputs: [0, 0],
  properties: [
    { name: "ApplicationName", required: true },
    { name: "DeploymentGroupName", required: true },
  ],
  timeoutMinutes: TIMEOUT_MINUTES,
  needs({ account }, { region, configuration: { ApplicationName, DeploymentGroupName } }) {
    const resource = `arn:aws:codedeploy:${region}:${account}:deploymentgroup:${ApplicationName}/${DeploymentGroupName}`;
    return [{ action: "codedeploy:CreateDeployment", resource }];
  },
  observe: (scope, run) => progressOf(scope, deploymentOf(scope, deploymentId(run)) ?? start(scope, run)),
  entityUrl: ({ region }, { ApplicationName, DeploymentGroupName }) =>
    `https://${region}.console.aws.amazon.com/codesuite/codedeploy/applications/${ApplicationName}/deployment-groups/${DeploymentGroupName}?region=${region}`,
};

function start(scope: Scope, run: Run): DeploymentView {
  const { ApplicationName, DeploymentGroupName } = run.configuration;
  const [artifact] = run.inputs;
  return ensureDeployment(scope, deploymentId(run), {
    applicationName: ApplicationName!,
    deploymentGroupName: DeploymentGroupName!,
    revision: { revisionType: "S3", s3Location: { bucket: artifact!.bucket, key: artifact!.key, bundleType: "zip" } },
  });
}

function progressOf({ region }: Scope, { id, status, error }: DeploymentView): ActionProgress {
  const externalExecutionUrl = `https://${region}.console.aws.amazon.com/codesuite/codedeploy/deployments/${id}?region=${region}`;
  const external = { externalExecutionId: id, externalExecutionUrl };
  switch (status) {
    case "Succeeded":
      return { status: "Succeeded", ...external, summary: "Deployment Succeeded" };
    case "Failed":
    case "Stopped": {
      const reason = error?.message ?? `Deployment ${id} is ${status}`;
      return failed("JobFailed", reason, { ...external, summary: `Deployment ${id} failed` });
    }
    default:
      return { status: "InProgress", because: `deployment ${id} is ${status}`, ...external };
  }
}

/** As CodeDeploy's own ids: d- and nine letters. */
const deploymentId = ({ actionExecutionId }: Run): string => `d-${idsFrom(`${actionExecutionId}/deployment`).text(9)}`;
