import type { ResourceExample } from "../../testing/resource-example.ts";
import { tagResource, updateRepositoryDescription } from "./repository.ts";

export const codecommitExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodeCommit::Repository",
    properties: {
      RepositoryName: "shop",
      RepositoryDescription: "The shop",
      KmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/a",
      Tags: [{ Key: "a", Value: "b" }],
      Triggers: [
        {
          Name: "tell",
          DestinationArn: "arn:aws:sns:eu-west-1:111122223333:pushes",
          CustomData: "x",
          Branches: ["main"],
          Events: ["updateReference", "deleteReference"],
        },
      ],
    },
    updates: [
      { RepositoryDescription: "The store" },
      { KmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/b" },
      { Tags: [{ Key: "a", Value: "c" }] },
      { Triggers: [{ Name: "all", DestinationArn: "arn:aws:sns:eu-west-1:111122223333:pushes", Events: ["all"] }] },
      { RepositoryName: "store" },
    ],
    byHand: {
      "/RepositoryDescription": (cloud) =>
        cloud.call(updateRepositoryDescription, { repositoryName: "shop", repositoryDescription: "by hand" }),
      "/Tags/0/Value": (cloud) =>
        cloud.call(tagResource, { resourceArn: `arn:aws:codecommit:${cloud.region}:${cloud.account}:shop`, tags: { a: "by hand" } }),
    },
  },
];
