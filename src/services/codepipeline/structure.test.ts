import { describe, expect, test } from "vitest";
import type { PipelineDeclaration } from "../../sdk/codepipeline.js";
import { listActionTypes } from "./action-type.ts";
import { approval, build, create, pipelineOf, prepare, source, world } from "./codepipeline.fixture.ts";

describe("a declaration", () => {
  const refused: [string, PipelineDeclaration, { name: string; message: string }][] = [
    [
      "of one stage",
      pipelineOf([source]),
      { name: "InvalidStructureException", message: "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline" },
    ],
    [
      "that begins with something else",
      pipelineOf([approval, source]),
      { name: "InvalidStructureException", message: "Pipeline should start with a stage that only contains source actions" },
    ],
    [
      "that takes what nobody gives",
      pipelineOf([source, { ...build, inputArtifacts: [{ name: "Other" }] }]),
      {
        name: "InvalidStructureException",
        message: "Input Artifact Bundle Other in action Make is not declared as Output Artifact Bundle in any of the preceding actions",
      },
    ],
    [
      "without what the action needs",
      pipelineOf([source, { ...build, configuration: {} }]),
      {
        name: "InvalidActionDeclarationException",
        message: "Action configuration for action 'Make' is missing required configuration 'ProjectName'",
      },
    ],
    [
      "with an unknown action type",
      pipelineOf([source, { ...build, actionTypeId: { category: "Build", owner: "AWS", provider: "Jenkins", version: "1" } }]),
      {
        name: "InvalidActionDeclarationException",
        message:
          "ActionType (Category: 'Build', Provider: 'Jenkins', Owner: 'AWS', Version: '1') in action 'Make' is not available in region EU_WEST_1",
      },
    ],
    [
      "with a role that is not there",
      { ...pipelineOf([source, approval]), roleArn: "arn:aws:iam::111122223333:role/none" },
      {
        name: "InvalidStructureException",
        message: "CodePipeline is not authorized to perform AssumeRole on role arn:aws:iam::111122223333:role/none",
      },
    ],
    [
      "that combines what no batch has given",
      pipelineOf([source, { ...build, configuration: { ProjectName: "shop", CombineArtifacts: "true" } }]),
      {
        name: "InvalidActionDeclarationException",
        message: "Action configuration for action 'Make' has an invalid value 'true' for 'CombineArtifacts'",
      },
    ],
    [
      "with a trigger of a source that has none",
      {
        ...pipelineOf([source, approval], { pipelineType: "V2" }),
        triggers: [
          {
            providerType: "CodeStarSourceConnection",
            gitConfiguration: { sourceActionName: "App", push: [{ tags: { includes: ["v*"] } }] },
          },
        ],
      },
      {
        name: "InvalidStructureException",
        message: "The trigger of the source action App needs a source of type CodeStarSourceConnection",
      },
    ],
  ];

  test.each(refused)("%s is refused", async (_, pipeline, refusal) => {
    const cloud = world();
    await prepare(cloud);
    await expect(create(cloud, pipeline)).rejects.toMatchObject(refusal);
  });

  test("knows the action types that are implemented", async () => {
    const { actionTypes } = await world().call(listActionTypes, {});
    expect(actionTypes!.map(({ id }) => `${id!.category} ${id!.provider}`)).toContain("Deploy CloudFormation");
  });
});
