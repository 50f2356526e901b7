import type { ResourceExample } from "../../testing/resource-example.ts";
import type { World } from "../../testing/world.ts";
import { keys } from "../kms/key.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { tagResource, updateRepositoryDescription } from "./repository.ts";

const key = (id: string): string => `arn:aws:kms:eu-west-1:111122223333:key/${id}`;

/** Keys that can encrypt. */
const keyed = (cloud: World): void =>
  cloud.change((scope) => {
    const it = { description: "", usage: "ENCRYPT_DECRYPT", state: "Enabled", manager: "CUSTOMER", policy: "", material: "" } as const;
    for (const id of ["a", "b"]) keys.put(scope, { id, ...it, rotates: false, createdAt: 0, tags: {} });
  });

export const codecommitExamples: readonly ResourceExample[] = [
  {
    type: "AWS::CodeCommit::Repository",
    before: async (cloud) => {
      keyed(cloud);
      await cloud.call(createBucket, { Bucket: "code", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
      cloud.change((scope) => putObject(scope, "code", "first.zip", scope.blobs.write(Buffer.from("a zip"))));
    },
    properties: {
      RepositoryName: "shop",
      RepositoryDescription: "The shop",
      KmsKeyId: key("a"),
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
      { KmsKeyId: key("b") },
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
