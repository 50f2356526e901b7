import { describe, expect, test } from "vitest";
import { World } from "../../testing/world.ts";
import { describeStackResourceDrifts, detectStackDrift } from "./drift.ts";
import { cloudformation } from "./index.ts";
import { createStack, deleteStack, updateStack } from "./operation.ts";
import { recorded } from "./recorded.ts";
import { simulated } from "./simulated-types.fixture.ts";
import { eventsOf, S, stackOf, template, thing } from "./story.fixture.ts";

const vpc = (block: string) => ({
  Net: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: block } },
  A: thing({ Name: "a", Of: { "Fn::GetAtt": ["Net", "CidrBlock"] } }),
});
const world = (...recordedTypes: string[]) => new World({ services: [simulated, cloudformation], recordedTypes });

describe("a type that Slipway does not have", () => {
  test("is refused by its name", async () => {
    await expect(world("AWS::EC2::Subnet").call(createStack, { ...S, TemplateBody: template(vpc("10.0.0.0/16")) })).rejects.toThrow(
      "Unrecognized resource types: [AWS::EC2::VPC]",
    );
  });

  test.each(["AWS::EC2::VPC", "AWS::EC2::*"])("is written down where its user allows %s, and shown as that", async (name) => {
    const cloud = world(name);
    await cloud.call(createStack, { ...S, TemplateBody: template(vpc("10.0.0.0/16")) });
    await cloud.advance("1s");
    expect((await stackOf(cloud)).StackStatus).toBe("CREATE_COMPLETE");
    expect(await eventsOf(cloud)).toContain("Net CREATE_COMPLETE Recorded only: Slipway does not implement this type of resource");
    await cloud.call(updateStack, { ...S, TemplateBody: template(vpc("10.1.0.0/16")) });
    await cloud.advance("1s");
    expect(recorded.list(cloud.scope()).map(({ properties }) => properties)).toEqual([{ CidrBlock: "10.1.0.0/16" }]);
    await cloud.call(detectStackDrift, S);
    const { StackResourceDrifts } = await cloud.call(describeStackResourceDrifts, S);
    expect(StackResourceDrifts!.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual(["A"]);
    await cloud.call(deleteStack, S);
    await cloud.advance("1s");
    expect(recorded.list(cloud.scope())).toEqual([]);
  });
});
