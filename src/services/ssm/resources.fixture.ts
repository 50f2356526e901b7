import type { ResourceExample } from "../../testing/resource-example.ts";
import { addTagsToResource, putParameter } from "./parameter.ts";

export const ssmExamples: readonly ResourceExample[] = [
  {
    type: "AWS::SSM::Parameter",
    properties: {
      Name: "/shop/mode",
      Type: "String",
      Value: "quick",
      Description: "How it works",
      AllowedPattern: "^[a-z,]+$",
      Tier: "Standard",
      DataType: "text",
      Tags: { a: "b" },
    },
    updates: [
      { Value: "slow" },
      { Description: undefined },
      { Description: "How it should work" },
      { AllowedPattern: "^[a-z,0-9]+$" },
      { Tier: "Advanced" },
      { Type: "StringList", Value: "quick,slow" },
      { DataType: undefined },
      { Tags: { a: "c" } },
    ],
    byHand: {
      "/Value": (cloud, Name) => cloud.call(putParameter, { Name, Value: "handy", Overwrite: true }),
      "/Tags/a": (cloud, ResourceId) =>
        cloud.call(addTagsToResource, { ResourceType: "Parameter", ResourceId, Tags: [{ Key: "a", Value: "by hand" }] }),
    },
  },
];
