import { describe, expect, test } from "vitest";
import { logLines, logSeries } from "../../kernel/facts.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "./change-set.ts";
import { createMacros, macroWorld } from "./macro.fixture.ts";
import { cancelUpdateStack, createStack, deleteStack, updateStack } from "./operation.ts";
import { things } from "./simulated-types.fixture.ts";
import { getTemplate } from "./stored-template.ts";
import { eventsOf, namesOf, S, setFact, stackOf, statusOf, template, thing, world } from "./story.fixture.ts";
import { getTemplateSummary, validateTemplate } from "./template-summary.ts";

const EXPAND = { Capabilities: ["CAPABILITY_AUTO_EXPAND" as const] };

async function withMacros(): Promise<World> {
  const cloud = macroWorld();
  await createMacros(cloud);
  return cloud;
}

const create = (cloud: World, Transform: unknown, resources: object = { A: thing({ Name: "a", Text: "<here>" }) }, more: object = {}) =>
  cloud.call(createStack, { ...S, ...EXPAND, TemplateBody: template(resources, { Transform }), ...more });
const textOf = (cloud: World, name = "a"): unknown => things.get(cloud.scope(), name)?.properties["Text"];
const processedOf = async (cloud: World) => JSON.parse((await cloud.call(getTemplate, { ...S, TemplateStage: "Processed" })).TemplateBody!);

describe("macros", () => {
  test("are resources by their name", async () => {
    const cloud = await withMacros();
    expect(await stackOf(cloud, "macros")).toMatchObject({ StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputValue: "Text" }] });
    await cloud.call(deleteStack, { StackName: "macros" });
    await create(cloud, "Text");
    expect(await stackOf(cloud)).toMatchObject({ StackStatus: "ROLLBACK_COMPLETE" });
    expect(await eventsOf(cloud)).toContain(`s CREATE_IN_PROGRESS No transform named ${cloud.account}::Text found.`);
  });

  test("come in the order of AWS: what is nested first, then the section, each in the order of its list", async () => {
    const cloud = await withMacros();
    const use = (Input: string) => ({ Name: "Replace", Parameters: { Input } });
    const inner = { "Fn::Transform": use("deepest"), Is: "<here>" };
    const Properties = { Name: "a", Text: { In: inner }, "Fn::Transform": [use("first"), use("second")] };
    await create(cloud, [use("third"), use("fourth")], { A: { Type: "Test::Thing::Thing", Properties } });
    expect(textOf(cloud)).toEqual({ In: { Is: "deepest first second third fourth <here>" } });
    expect(await eventsOf(cloud)).toEqual([
      "s CREATE_IN_PROGRESS User Initiated",
      "s CREATE_IN_PROGRESS Transformation succeeded",
      "A CREATE_IN_PROGRESS",
      "A CREATE_IN_PROGRESS Resource creation Initiated",
      "A CREATE_COMPLETE",
      "s CREATE_COMPLETE",
    ]);
    expect(await processedOf(cloud)).toEqual({
      Resources: { A: { Type: "Test::Thing::Thing", Properties: { Name: "a", Text: textOf(cloud) } } },
    });
    const original = await cloud.call(getTemplate, { ...S, TemplateStage: "Original" });
    expect(original.StagesAvailable).toEqual(["Original", "Processed"]);
    expect(JSON.parse(original.TemplateBody!).Transform).toHaveLength(2);
  });

  test("are told what AWS tells them, with parameters resolved, and may answer with a text", async () => {
    const cloud = await withMacros();
    const Parameters = { Zones: { Type: "CommaDelimitedList" }, Input: { Type: "String", Default: "from outside" } };
    const TemplateBody = template({ A: thing() }, { Parameters, Transform: { Name: "Show", Parameters: { In: { Ref: "Input" } } } });
    await cloud.call(createStack, { ...S, ...EXPAND, TemplateBody, Parameters: [{ ParameterKey: "Zones", ParameterValue: "a,b" }] });
    expect(textOf(cloud)).toEqual({
      region: cloud.region,
      accountId: cloud.account,
      transformId: `${cloud.account}::Show`,
      params: { In: "from outside" },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      templateParameterValues: { Zones: ["a", "b"], Input: "from outside" },
      parts: ["Parameters", "Resources"],
    });
    const Text = { "Fn::Transform": { Name: "Text", Parameters: { Of: { "Fn::Join": ["-", ["x", "y"]] } } } };
    await cloud.call(updateStack, { ...S, ...EXPAND, TemplateBody: template({ A: thing({ Name: "a", Text }) }) });
    expect(textOf(cloud)).toBe("text of x-y");
  });

  test.each([
    ["Fails", (account: string) => `Transform ${account}::Fails failed with: it is a test`],
    ["FailsSilently", (account: string) => `Transform ${account}::FailsSilently failed without an error message.`],
    ["Raises", (account: string) => `Received malformed response from transform ${account}::Raises`],
    ["Strange", (account: string) => `Received malformed response from transform ${account}::Strange`],
    ["Invalid", () => "Template format error: unsupported structure."],
    ["AddRole", () => "Requires capabilities : [CAPABILITY_IAM]"],
    ["AddNested", () => "Transform Text cannot be used within the result of another transform."],
    ["Unheard", (account: string) => `No transform named ${account}::Unheard found.`],
  ])("that go wrong undo the operation: %s", async (name, reason) => {
    const cloud = await withMacros();
    const why = reason(cloud.account);
    await create(cloud, name);
    expect(await eventsOf(cloud)).toEqual([
      "s CREATE_IN_PROGRESS User Initiated",
      `s CREATE_IN_PROGRESS ${why}`,
      `s ROLLBACK_IN_PROGRESS ${why}. Rollback requested by user.`,
      "s ROLLBACK_COMPLETE",
    ]);
    await cloud.call(deleteStack, S);
    await create(cloud, undefined);
    await cloud.call(updateStack, { ...S, ...EXPAND, TemplateBody: template({ B: thing() }, { Transform: name }) });
    expect((await eventsOf(cloud)).slice(-5)).toEqual([
      "s UPDATE_IN_PROGRESS User Initiated",
      `s UPDATE_IN_PROGRESS ${why}`,
      `s UPDATE_ROLLBACK_IN_PROGRESS ${why}. `,
      "s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
      "s UPDATE_ROLLBACK_COMPLETE",
    ]);
    expect(namesOf(cloud)).toEqual(["a"]);
    await cloud.call(createChangeSet, { ...S, ChangeSetName: "c", TemplateBody: template({ B: thing() }, { Transform: name }) });
    const set = await cloud.call(describeChangeSet, { ...S, ChangeSetName: "c" });
    expect(set).toMatchObject({ Status: "FAILED", StatusReason: why });
  });

  test("leave a line in their log group when they go wrong", async () => {
    const cloud = await withMacros();
    await create(cloud, "Raises");
    const { payload } = JSON.parse(
      cloud
        .image()
        .find((line) => line.includes("kernel/delivery") && line.includes("Raises"))!
        .match(/\{.*\}/s)![0],
    );
    const stream = logSeries("macros", JSON.parse(payload).requestId);
    expect(logLines.peek(cloud.scope(), stream).map(({ value }) => value.message)).toEqual([
      `Received malformed response from transform ${cloud.account}::Raises: no`,
    ]);
  });

  test("that take their time keep the operation, which can be cancelled or deleted meanwhile", async () => {
    const cloud = await withMacros();
    await create(cloud, "Slow");
    expect(await statusOf(cloud)).toBe("CREATE_IN_PROGRESS");
    expect((await cloud.call(getTemplate, S)).StagesAvailable).toEqual(["Original"]);
    await expect(cloud.call(getTemplate, { ...S, TemplateStage: "Processed" })).rejects.toThrow("not available");
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    const TemplateBody = template({ A: thing({ Name: "a", Text: "2" }) }, { Transform: "Slow" });
    await cloud.call(updateStack, { ...S, ...EXPAND, TemplateBody });
    await cloud.advance("10s");
    await cloud.call(cancelUpdateStack, S);
    expect(await statusOf(cloud)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(textOf(cloud)).toBe("<here>");
    const { StackId } = await create(cloud, "Slow", { Z: thing({ Name: "z" }) }, { StackName: "t" });
    await cloud.call(deleteStack, { StackName: "t" });
    await cloud.advance("5m");
    expect(await statusOf(cloud, StackId)).toBe("DELETE_COMPLETE");
    expect(namesOf(cloud)).toEqual(["a"]);
  });

  test("take too long for the time-out of a creation", async () => {
    const cloud = await withMacros();
    await create(cloud, ["Slow", "Slow"], undefined, { TimeoutInMinutes: 1 });
    await cloud.advance("5m");
    expect(await eventsOf(cloud)).toContain(
      "s ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user.",
    );
  });

  test("in a change set need no capability; executing it processes nothing again", async () => {
    const cloud = await withMacros();
    const C = { ...S, ChangeSetName: "c" };
    await cloud.call(createChangeSet, {
      ...C,
      ChangeSetType: "CREATE",
      TemplateBody: template(
        { A: thing({ Name: "a", Text: "<here>" }) },
        { Transform: ["Slow", { Name: "Replace", Parameters: { Input: "x" } }] },
      ),
    });
    expect(await cloud.call(describeChangeSet, C)).toMatchObject({ Status: "CREATE_IN_PROGRESS", Changes: [] });
    expect((await cloud.call(getTemplate, C)).StagesAvailable).toEqual(["Original"]);
    await cloud.advance("1m");
    expect(await cloud.call(describeChangeSet, C)).toMatchObject({
      Status: "CREATE_COMPLETE",
      Changes: [{ ResourceChange: { Action: "Add", LogicalResourceId: "A" } }],
    });
    await cloud.call(executeChangeSet, C);
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    expect(await eventsOf(cloud)).not.toContain("s CREATE_IN_PROGRESS Transformation succeeded");
    expect(textOf(cloud)).toBe("x <here>");
  });

  test("in a nested stack need the outer one's word", async () => {
    const cloud = await withMacros();
    setFact(cloud, "s3-url https://b.s3.amazonaws.com/t", template({ A: thing({ Name: "a", Text: "<here>" }) }, { Transform: "Slow" }));
    const nested = { N: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://b.s3.amazonaws.com/t" } } };
    await cloud.call(createStack, { ...S, TemplateBody: template(nested) });
    expect(await eventsOf(cloud)).toContain("N CREATE_FAILED Requires capabilities : [CAPABILITY_AUTO_EXPAND]");
    await cloud.call(createStack, { StackName: "t", ...EXPAND, TemplateBody: template(nested) });
    await cloud.advance("1m");
    expect(await statusOf(cloud, "t")).toBe("CREATE_COMPLETE");
    expect(textOf(cloud)).toBe("<here>");
  });

  test("work on the original again when the previous template is used", async () => {
    const cloud = await withMacros();
    const Parameters = { P: { Type: "String" } };
    const Transform = { Name: "Replace", Parameters: { Input: { Ref: "P" } } };
    const TemplateBody = template({ A: thing({ Name: "a", Text: "<here>" }) }, { Parameters, Transform });
    const given = (ParameterValue: string) => [{ ParameterKey: "P", ParameterValue }];
    await cloud.call(createStack, { ...S, ...EXPAND, TemplateBody, Parameters: given("one") });
    await cloud.call(updateStack, { ...S, ...EXPAND, UsePreviousTemplate: true, Parameters: given("two") });
    expect(textOf(cloud)).toBe("two <here>");
    await cloud.call(updateStack, { ...S, ...EXPAND, UsePreviousTemplate: true, Parameters: given("two") });
    expect(await statusOf(cloud)).toBe("UPDATE_COMPLETE");
  });

  test("end the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(macroWorld, async (cloud) => {
      await createMacros(cloud);
      await create(cloud, ["Slow", { Name: "Replace", Parameters: { Input: "x" } }]);
      await cloud.advance("2m");
      await cloud.call(createChangeSet, {
        ...S,
        ChangeSetName: "c",
        TemplateBody: template({ A: thing({ Name: "a", Text: "2" }) }, { Transform: ["Slow", "Fails"] }),
      });
      await cloud.advance("2m");
    });
  });
});

describe("what a template asks for", () => {
  test("is told before it is used, and needs a word where nobody reviews it", async () => {
    const cloud = world();
    const Transform = ["AWS::LanguageExtensions", { Name: "Count", Parameters: {} }];
    const Include = { "Fn::Transform": { Name: "AWS::Include", Parameters: { Location: "s3://b/k" } } };
    const TemplateBody = template({ A: thing({ Text: Include }) }, { Transform, Globals: {}, Parameters: { P: { Type: "String" } } });
    const declared = { DeclaredTransforms: ["AWS::LanguageExtensions", "Count", "AWS::Include"], Capabilities: ["CAPABILITY_AUTO_EXPAND"] };
    expect(await cloud.call(validateTemplate, { TemplateBody })).toMatchObject({ ...declared, Parameters: [{ ParameterKey: "P" }] });
    const summary = await cloud.call(getTemplateSummary, { TemplateBody });
    expect(summary).toMatchObject(declared);
    expect(summary.ResourceTypes).toBeUndefined();
    for (const name of ["AWS::LanguageExtensions", "AWS::Include", "Count"]) {
      await expect(create(cloud, name, undefined, { Capabilities: ["CAPABILITY_IAM"] })).rejects.toMatchObject({
        name: "InsufficientCapabilitiesException",
        message: "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
      });
    }
  });

  test.each([
    [{ Name: { Ref: "P" } }, "Key Name of transform definition must be a string."],
    [[{ Parameters: {} }], "Key Name of transform definition must be a string."],
    ["AWS::CodeDeployBlueGreen", "The transform AWS::CodeDeployBlueGreen is not implemented by Slipway"],
    ["AWS::SecretsManager-2020-07-23", "The transform AWS::SecretsManager-2020-07-23 is not implemented by Slipway"],
  ])("is refused at once where it cannot be: %j", async (Transform, message) => {
    await expect(create(world(), Transform)).rejects.toThrow(message);
  });

  test("has plain parameters", async () => {
    const cloud = await withMacros();
    await create(cloud, { Name: "Slow", Parameters: { On: { "Fn::GetAtt": ["A", "Arn"] } } });
    expect(await eventsOf(cloud)).toContain(
      "s CREATE_IN_PROGRESS The value of parameter On under transform Slow must resolve to a string, number, boolean or a list of any of these.",
    );
  });
});

describe("AWS::Include", () => {
  const include = (Location: unknown) => ({ Name: "AWS::Include", Parameters: { Location } });

  test("brings the members of an object, over those that are there", async () => {
    const cloud = world();
    setFact(cloud, "s3-url s3://b/part.yml", "Text: included\nMore: {Ref: AWS::Region}\n");
    setFact(cloud, "s3-url s3://b/outputs.json", '{"Outputs": {"O": {"Value": {"Ref": "A"}}}}');
    const Properties = { Name: "a", Text: "mine", "Fn::Transform": include({ "Fn::Sub": "s3://b/${AWS::StackName}art.yml" }) };
    await create(cloud, include("s3://b/outputs.json"), { A: { Type: "Test::Thing::Thing", Properties } }, { StackName: "p" });
    expect(things.get(cloud.scope(), "a")?.properties).toEqual({ Name: "a", Text: "included", More: cloud.region });
    expect(await stackOf(cloud, "p")).toMatchObject({ StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputKey: "O", OutputValue: "a" }] });
  });

  test.each([
    ["part.yml", "The location parameter is not a valid S3 uri."],
    ["s3://b/none", "no s3://b/none"],
    ["s3://b/short", "The specified S3 object's content should be valid Yaml/JSON"],
    ["s3://b/list", "The specified S3 object's content should be valid Yaml/JSON"],
    ["s3://b/nested", "The specified S3 object's content should be valid Yaml/JSON"],
  ])("does not take %s", async (location, why) => {
    const cloud = world();
    setFact(cloud, "s3-url s3://b/short", "Text: !Ref AWS::Region\n");
    setFact(cloud, "s3-url s3://b/list", "- a\n- b\n");
    setFact(cloud, "s3-url s3://b/nested", JSON.stringify({ Text: { "Fn::Transform": include("s3://b/list") } }));
    await create(cloud, include(location));
    expect(await eventsOf(cloud)).toContain(`s CREATE_IN_PROGRESS Transform AWS::Include failed with: ${why}`);
  });
});
