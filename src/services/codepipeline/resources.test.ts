import { describe, expect, test } from "vitest";
import { approval, executionsOf, pipelineOf, prepare, roleArn, source, world } from "./codepipeline.fixture.ts";
import { codepipelineResources } from "./resources.ts";

describe("the resource AWS::CodePipeline::Pipeline", () => {
  const [resource] = codepipelineResources;
  const declared = {
    Name: "shop",
    RoleArn: roleArn,
    ArtifactStore: { Type: "S3", Location: "artifacts" },
    Stages: pipelineOf([source, approval]).stages!.map(({ name, actions }) => ({
      Name: name,
      Actions: actions!.map((action) => ({
        Name: action.name,
        ActionTypeId: { Category: action.actionTypeId!.category, Owner: "AWS", Provider: action.actionTypeId!.provider, Version: 1 },
        Configuration: { ...action.configuration },
        OutputArtifacts: (action.outputArtifacts ?? []).map((artifact) => ({ Name: artifact.name })),
        ...(action.namespace && { Namespace: action.namespace }),
        RunOrder: "1",
      })),
    })),
  };
  const request = { token: "t1", generatedName: "stack-pipeline-X", logicalId: "Pipeline", stackId: "stack", tags: [] };

  test("starts one execution, changes only what is changed, and goes", async () => {
    const cloud = world();
    await prepare(cloud);
    const ensure = (properties: object, id?: string, token = "t1") =>
      cloud.change((scope) => resource!.ensure(scope, properties, id, { ...request, token }));
    expect(ensure(declared)).toEqual({ state: "done", id: "shop" });
    expect(ensure(declared)).toEqual({ state: "done", id: "shop" });
    expect(ensure(declared, undefined, "other")).toMatchObject({ state: "failed", reason: expect.stringContaining("already exists") });
    expect(await executionsOf(cloud)).toHaveLength(1);
    ensure({ ...declared, ExecutionMode: "QUEUED", PipelineType: "V2" }, "shop", "t2");
    ensure({ ...declared, ExecutionMode: "QUEUED", PipelineType: "V2" }, "shop", "t2");
    expect(resource!.attributes!(cloud.scope(), "shop")).toMatchObject({ Version: "2" });
    expect(resource!.read(cloud.scope(), "shop")).toMatchObject({
      Name: "shop",
      ExecutionMode: "QUEUED",
      Stages: [{ Name: "Source" }, { Name: "Approval" }],
    });
    cloud.change((scope) => resource!.remove(scope, "shop", { ...request, token: "t3" }));
    expect(resource!.read(cloud.scope(), "shop")).toBeUndefined();
  });
});
