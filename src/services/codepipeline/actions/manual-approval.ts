import { parseArn } from "../../../kernel/arn.ts";
import { idsFrom } from "../../../kernel/id.ts";
import type { Scope } from "../../../kernel/scope.ts";
import { type ActionProvider, failed, refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";

const DAY_MINUTES = 1440;
/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const TIMEOUT_MINUTES = 7 * DAY_MINUTES;

/** Somebody has to agree. https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-action-add.html */
export const manualApproval: ActionProvider = {
  type: { category: "Approval", owner: "AWS", provider: "Manual", version: "1" },
  inputs: [0, 0],
  outputs: [0, 0],
  properties: [{ name: "NotificationArn" }, { name: "CustomData" }, { name: "ExternalEntityLink" }, { name: "ApproverRoleArn" }],
  timeoutMinutes: TIMEOUT_MINUTES,
  check: checkTopic,
  needs: (_, { configuration: { NotificationArn } }) => (NotificationArn ? [{ action: "sns:Publish", resource: NotificationArn }] : []),
  observe(scope, run) {
    const { approval } = run;
    if (approval === undefined) {
      notify(scope, run);
      return { status: "InProgress", because: "it waits for somebody's approval", token: tokenOf(run) };
    }
    const summary = approval.summary!;
    if (approval.status === "Approved") return { status: "Succeeded", summary };
    return failed("JobFailed", summary === "" ? "Rejected" : `Rejected. ${summary}`, { summary });
  },
};

/** Whether there is such a topic nobody looks. */
function checkTopic({ NotificationArn: arn }: Readonly<Record<string, string>>, action: string, { region }: Scope): void {
  if (arn === undefined || arn.includes("#{")) return;
  const topic = parseArn(arn);
  if (topic === undefined || topic.account === "" || topic.resource === "")
    refuseAction(`The ARN ${arn} you specified for sending notifications for the approval action ${action} contains a format error.`);
  if (topic!.service !== "sns")
    refuseAction(
      `The ARN ${arn} has been specified for sending notifications for the approval action ${action}, but the AWS service for this ARN cannot be used to send approval requests.`,
    );
  if (topic!.region !== region)
    refuseAction(
      `The ARN ${arn} has been specified for sending notifications for the approval action ${action}, but the ARN is not in the same region as the pipeline.`,
    );
}

/** What PutApprovalResult has to bring. */
const tokenOf = ({ actionExecutionId }: Run): string => idsFrom(`${actionExecutionId}/approval`).uuid();

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html */
function notify(scope: Scope, run: Run): void {
  const { NotificationArn, CustomData, ExternalEntityLink } = run.configuration;
  if (NotificationArn === undefined) return;
  const { region } = scope;
  const pipelineUrl = `https://${region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${run.pipeline}/view?region=${region}`;
  const message = {
    region,
    consoleLink: pipelineUrl,
    approval: {
      pipelineName: run.pipeline,
      stageName: run.stage,
      actionName: run.action,
      token: tokenOf(run),
      expires: new Date(run.timeoutAt).toISOString().slice(0, 16).concat("Z"),
      externalEntityLink: ExternalEntityLink ?? null,
      approvalReviewLink: `${pipelineUrl}#/${run.stage}/${run.action}/approve/${tokenOf(run)}`,
      customData: CustomData ?? null,
    },
  };
  const subject = `APPROVAL NEEDED: AWS CodePipeline ${run.pipeline} for action ${run.action}`.slice(0, 100);
  scope.deliver(`codepipeline/${run.actionExecutionId}/approval`, NotificationArn, JSON.stringify(message), {
    from: "codepipeline.amazonaws.com",
    context: { subject },
  });
}
