import { describe, expect, test } from "vitest";
import "./matchers.ts";

const deployment = {
  deploymentId: "d-1",
  status: "Stopped",
  errorInformation: { code: "ALARM_ACTIVE", message: "One or more alarms have been activated: <errors>" },
  rollbackInfo: { rollbackDeploymentId: "d-2" },
};
const own = { StackId: "arn", StackName: "Shop", PhysicalResourceId: "arn", LogicalResourceId: "Shop" };
const StackEvents = [
  { ...own, ResourceStatus: "UPDATE_ROLLBACK_COMPLETE" },
  { ...own, PhysicalResourceId: "x", LogicalResourceId: "Live", ResourceStatus: "UPDATE_FAILED", ResourceStatusReason: "Rolled back" },
  { ...own, ResourceStatus: "UPDATE_IN_PROGRESS", ResourceStatusReason: "User Initiated" },
  { ...own, PhysicalResourceId: "x", LogicalResourceId: "Live", ResourceStatus: "CREATE_FAILED", ResourceStatusReason: "Long ago" },
  { ...own, ResourceStatus: "CREATE_IN_PROGRESS" },
];

describe("what AWS answers", () => {
  test("of a deployment", () => {
    expect({ deploymentInfo: deployment }).toHaveRolledBack({ because: "ALARM_ACTIVE" });
    expect(deployment).toHaveRolledBack({ because: /<errors>/ });
    expect(deployment).not.toHaveRolledBack({ because: "MANUAL_STOP" });
    expect({ ...deployment, rollbackInfo: undefined }).toHaveFailed();
    expect({ deploymentId: "d-2", status: "Succeeded" }).toHaveSucceeded();
  });

  test("of a stack: its state, and the reasons since its last operation began", () => {
    expect({ StackName: "Shop", StackStatus: "UPDATE_COMPLETE" }).toHaveSucceeded();
    expect({ Stacks: [{ StackName: "Shop", StackStatus: "ROLLBACK_FAILED" }] }).toHaveFailed();
    expect({ StackEvents }).toHaveRolledBack({ because: "Rolled back" });
    expect({ StackEvents }).not.toHaveRolledBack({ because: "Long ago" });
  });

  test("of an execution and its actions", () => {
    expect({ pipelineExecutionId: "e", status: "InProgress" }).toBeInState("InProgress");
    expect({ pipelineExecution: { pipelineExecutionId: "e", status: "Superseded" } }).toHaveFailed();
    const errorDetails = { code: "JobFailed", message: "Tests are red" };
    const failed = { pipelineExecutionId: "e", status: "Failed", output: { executionResult: { errorDetails } } };
    expect({ actionExecutionDetails: [failed, { pipelineExecutionId: "e", status: "Succeeded" }] }).toHaveFailed({ because: "red" });
  });

  test("of a build", () => {
    const phases = [{ contexts: [{ statusCode: "COMMAND_EXECUTION_ERROR", message: "exit status 1" }] }];
    expect({ id: "shop:1", buildStatus: "FAILED", phases }).toHaveFailed({ because: "exit status 1" });
    expect({ id: "shop:2", buildStatus: "IN_PROGRESS" }).not.toHaveFailed();
  });

  test("is told where it is something else than expected", () => {
    expect(() => expect(deployment).toHaveSucceeded()).toThrow(
      "expected deployment d-1 to have succeeded; it is Stopped\n  ALARM_ACTIVE\n  One or more alarms have been activated: <errors>",
    );
    expect(() => expect({}).toHaveSucceeded()).toThrow("expected what AWS answers of a deployment, a stack");
  });
});
