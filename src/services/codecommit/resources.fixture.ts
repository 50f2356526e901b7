import type { ResourceExample } from "../../testing/resource-example.ts";
import { keyArn, putKeys } from "../kms/key.fixture.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { tagResource, updateRepositoryDescription } from "./repository.ts";

export const codecommitExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodeCommit::Repository",
    before: async (cloud) => {
      putKeys(cloud, "a", "b");
      await cloud.call(createBucket, { Bucket: "code", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
      cloud.change((scope) => putObject(scope, "code", "first.zip", scope.blobs.write(Buffer.from("a zip"))));
    },
    properties: {
      RepositoryName: "shop",
      RepositoryDescription: "The shop",
      KmsKeyId: keyArn("a"),
      Tags: [{ Key: "a", Value: "b" }],
      Code: { BranchName: "trunk", S3: { Bucket: "code", Key: "first.zip", ObjectVersion: "null" } },
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
      { KmsKeyId: keyArn("b") },
      { Tags: [{ Key: "a", Value: "c" }] },
      { Code: { S3: { Bucket: "code", Key: "later.zip" } } },
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
