import { describe, expect, test } from "vitest";
import type { PipelineDeclaration } from "../../sdk/codepipeline.js";
import { createRole } from "../iam/role.ts";
import { listActionTypes } from "./action-type.ts";
import { approval, build, create, pipelineOf, prepare, source, TRUST, world } from "./codepipeline.fixture.ts";

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
        name: "InvalidActionDeclarationException",
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
        message: "Triggers for connections must reference a CodeStarSourceConnection action.",
      },
    ],
  ];

  const V1 = [source, approval];
  const V2 = { pipelineType: "V2" } as const;
  const inRegion = (region: string) => pipelineOf([source, { ...approval, region }]);
  const asked = (NotificationArn: string) => pipelineOf([source, { ...approval, configuration: { NotificationArn } }]);
  const referring = (text: string, more: object = {}) =>
    pipelineOf([source, { ...approval, configuration: { CustomData: text } }], { ...V2, ...more });
  const where = (text: string) =>
    `StageName=[Approval], ActionName=[Agree], ActionConfigurationKey=[CustomData], VariableReferenceText=[${text}]`;
  const wrong: [string, PipelineDeclaration, string, string][] = [
    ["Structure", "QUEUED or PARALLEL mode can only be used with V2 pipelines", pipelineOf(V1, { executionMode: "QUEUED" })],
    ["Structure", "Pipeline variable can only be used with V2 pipelines", pipelineOf(V1, { variables: [{ name: "A" }] })],
    [
      "Structure",
      "Variable names must be unique. The following variable name is already in use: A",
      pipelineOf(V1, { ...V2, variables: [{ name: "A" }, { name: "A", defaultValue: "b" }] }),
    ],
    [
      "Structure",
      "Pipeline should contain at least 1 action whose category is not Source",
      pipelineOf([source, { ...source, name: "Two" }]),
    ],
    [
      "Structure",
      "Source actions can only be included in the first stage of the pipeline",
      pipelineOf([source, { ...source, name: "Two" }, approval]),
    ],
    [
      "Structure",
      "Your pipeline contains actions in more than one region. Use 'pipeline.artifactStores' instead of 'pipeline.artifactStore' to declare an artifact store, such as an artifact bucket, for each region where you have an action.",
      inRegion("eu-central-1"),
    ],
    [
      "Structure",
      "Your pipeline must have an artifact store, such as an artifact bucket, for each region where you have an action. The following region is missing in 'pipeline.artifactStores': eu-central-1.",
      (({ artifactStore, ...rest }) => ({ ...rest, artifactStores: { "eu-west-1": artifactStore! } }))(inRegion("eu-central-1")),
    ],
    ["StageDeclaration", "Stage name 'Approval' is used more than once", pipelineOf([source, approval, approval])],
    [
      "StageDeclaration",
      "The following stage cannot have a failure exit gate configured with both top level result and conditions: 'Approval",
      (({ stages, ...rest }) => ({
        ...rest,
        stages: stages!.map((stage, index) =>
          index === 0 ? stage : { ...stage, onFailure: { result: "RETRY" as const, conditions: [{ result: "FAIL" as const, rules: [] }] } },
        ),
      }))(pipelineOf(V1, V2)),
    ],
    [
      "ActionDeclaration",
      "Action Make declares 0 input artifacts which is less than the minimum count (1)",
      pipelineOf([source, { ...build, inputArtifacts: [] }]),
    ],
    [
      "ActionDeclaration",
      "Action Agree declares 1 input artifacts which is more than the maximum count (0)",
      pipelineOf([source, { ...approval, inputArtifacts: [{ name: "Source" }] }]),
    ],
    [
      "ActionDeclaration",
      "Namespaces must be unique across the pipeline definition. The following occur more than once in the pipeline.\nStageName=[Approval], ActionName=[Agree], Namespace=[App]",
      pipelineOf([source, { ...approval, namespace: "App" }]),
    ],
    [
      "ActionDeclaration",
      `Valid format for a pipeline execution variable reference is a namespace and a key separated by a period (.). The following pipeline execution variables are referencing a namespace that does not exist.\n${where("Ap.VersionId")}`,
      referring("#{Ap.VersionId}"),
    ],
    [
      "Structure",
      `The referenced variables haven't been declared.\n${where("variables.B")}`,
      referring("#{variables.B}", { variables: [{ name: "A" }] }),
    ],
    [
      "ActionDeclaration",
      "The ARN topic you specified for sending notifications for the approval action Agree contains a format error.",
      asked("topic"),
    ],
    [
      "ActionDeclaration",
      "The ARN arn:aws:sqs:eu-west-1:111122223333:q has been specified for sending notifications for the approval action Agree, but the AWS service for this ARN cannot be used to send approval requests.",
      asked("arn:aws:sqs:eu-west-1:111122223333:q"),
    ],
    [
      "ActionDeclaration",
      "The ARN arn:aws:sns:us-east-1:111122223333:t has been specified for sending notifications for the approval action Agree, but the ARN is not in the same region as the pipeline.",
      asked("arn:aws:sns:us-east-1:111122223333:t"),
    ],
  ].map(([kind, message, pipeline]) => [message as string, pipeline as PipelineDeclaration, `Invalid${kind}Exception`, message as string]);

  test.each(wrong)("is refused: %s", async (_, pipeline, name, message) => {
    const cloud = world();
    await prepare(cloud);
    await expect(create(cloud, pipeline)).rejects.toMatchObject({ name, message });
  });

  test("needs a role that CodePipeline may assume", async () => {
    const cloud = world();
    await prepare(cloud);
    await cloud.call(createRole, { RoleName: "other", AssumeRolePolicyDocument: TRUST.replace("codepipeline", "codebuild") });
    const roleArn = "arn:aws:iam::111122223333:role/other";
    await expect(create(cloud, pipelineOf(V1, { roleArn }))).rejects.toMatchObject({
      name: "InvalidStructureException",
      message: `CodePipeline is not authorized to perform AssumeRole on role ${roleArn}`,
    });
  });

  test.each(refused)("%s is refused", async (_, pipeline, refusal) => {
    const cloud = world();
    await prepare(cloud);
    await expect(create(cloud, pipeline)).rejects.toMatchObject(refusal);
  });

  test("may be of the action types that are listed; those of services that are not here are refused by name", async () => {
    const cloud = world();
    await prepare(cloud);
    const { actionTypes } = await cloud.call(listActionTypes, {});
    const named = actionTypes!.map(({ id }) => `${id!.owner} ${id!.category} ${id!.provider}`);
    expect(named).toEqual(expect.arrayContaining(["AWS Deploy CloudFormation", "AWS Deploy EC2", "ThirdParty Source GitHub"]));
    expect(named).not.toContain("AWS Deploy ECS");
    expect(actionTypes!.find(({ id }) => id!.provider === "GitHub")).toMatchObject({
      settings: { entityUrlTemplate: "https://github.com/{Config:Owner}/{Config:Repo}/tree/{Config:Branch}" },
      actionConfigurationProperties: expect.arrayContaining([
        { name: "OAuthToken", required: true, secret: true, key: false, queryable: false },
        { name: "Branch", required: true, secret: false, key: true, queryable: false },
      ]),
    });
    const ecs = { ...build, actionTypeId: { category: "Deploy", owner: "AWS", provider: "ECS", version: "1" } } as const;
    await expect(create(cloud, pipelineOf([source, ecs]))).rejects.toMatchObject({
      name: "NotImplemented",
      message: "An action of type ECS (Deploy) is not implemented.",
    });
  });
});
