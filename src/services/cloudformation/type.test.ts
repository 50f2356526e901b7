import { describe, expect, test } from "vitest";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { describeAccountLimits } from "./account-limit.ts";
import { BOAT, boatHandlers, boatSchema, extensionWorld, json, packageOf, register, type Shelf } from "./extension.fixture.ts";
import { handlerCalls, recordHandlerProgress } from "./handler-call.ts";
import { createStack, deleteStack } from "./operation.ts";
import { describePublisher, publishType, registerPublisher } from "./public-type.ts";
import { create, eventsOf, S, stackOf, statusOf, template } from "./story.fixture.ts";
import { estimateTemplateCost } from "./template-cost.ts";
import { deregisterType, describeType, listTypes } from "./type.ts";
import { activateType, deactivateType } from "./type-activation.ts";
import { batchDescribeTypeConfigurations, setTypeConfiguration } from "./type-configuration.ts";
import { describeTypeRegistration, listTypeRegistrations, registerType } from "./type-registration.ts";
import { testType } from "./type-test.ts";
import { listTypeVersions, setTypeDefaultVersion } from "./type-version.ts";

const RESOURCE = { Type: "RESOURCE" as const };
const NAME = { ...RESOURCE, TypeName: BOAT };
const ARN = "arn:aws:cloudformation:eu-west-1:111122223333:type/resource/Acme-Harbour-Boat";

const harbour = (shelf: Shelf = new Map()): World => extensionWorld(boatHandlers(shelf));
const registered = async (shelf?: Shelf): Promise<World> => {
  const cloud = harbour(shelf);
  await register(cloud, BOAT, packageOf(boatSchema));
  return cloud;
};
const boat = (Properties: object) => ({ Type: BOAT, Properties });

describe("a registration", () => {
  test("makes a version that can be used", async () => {
    const cloud = harbour();
    const LoggingConfig = { LogRoleArn: "arn:aws:iam::111122223333:role/logs", LogGroupName: "boats" };
    const RegistrationToken = await register(cloud, BOAT, packageOf(boatSchema), { LoggingConfig });
    expect(await cloud.call(describeTypeRegistration, { RegistrationToken })).toEqual({
      ProgressStatus: "COMPLETE",
      Description: "Deployment is currently in DEPLOY_STAGE of status COMPLETED",
      TypeArn: ARN,
      TypeVersionArn: `${ARN}/00000001`,
    });
    const described = await cloud.call(describeType, NAME);
    expect(described).toMatchObject({
      Arn: ARN,
      DefaultVersionId: "00000001",
      IsDefaultVersion: true,
      ProvisioningType: "FULLY_MUTABLE",
      Visibility: "PRIVATE",
      DeprecatedStatus: "LIVE",
      TypeTestsStatus: "NOT_TESTED",
      LoggingConfig,
    });
    expect(JSON.parse(described.Schema!)).toEqual(boatSchema);
    expect(JSON.parse(described.ConfigurationSchema!)).toEqual(boatSchema.typeConfiguration);
    const listed = await cloud.call(listTypeRegistrations, { ...NAME, RegistrationStatusFilter: "COMPLETE" });
    expect(listed.RegistrationTokenList).toEqual([RegistrationToken]);
    expect((await cloud.call(listTypeRegistrations, NAME)).RegistrationTokenList).toEqual([]);
  });

  const without = (name: keyof typeof boatSchema) => ({ ...boatSchema, [name]: undefined });
  test.each([
    ["an archive that is none", Buffer.from("no zip"), "Error processing type artifact."],
    [
      "a package with code that is none",
      packageOf(boatSchema, { "ResourceProvider.zip": json({}) }),
      "the code in the package is no archive",
    ],
    ["a package without a schema", packageOf(boatSchema, { "schema.json": Buffer.from("[]") }), "schema.json is missing from the package"],
    [
      "another type's schema",
      packageOf({ ...boatSchema, typeName: "Acme::Harbour::Ship" }),
      "does not match the type name Acme::Harbour::Ship",
    ],
    ["a schema that tells nothing", packageOf(without("description")), "#: required key [description] not found"],
    ["a schema without an identifier", packageOf(without("primaryIdentifier")), "#: required key [primaryIdentifier] not found"],
    ["properties that are none", packageOf({ ...boatSchema, createOnlyProperties: ["/properties/No"] }), "does not name a property"],
    ["a schema that says too much", packageOf({ ...boatSchema, colour: "red" }), "#: extraneous key [colour] is not permitted"],
    ["handlers that are none", packageOf({ ...boatSchema, handlers: { sail: { permissions: [] } } }), "#/handlers: extraneous key [sail]"],
    ["open properties", packageOf({ ...boatSchema, additionalProperties: true }), "#/additionalProperties: must be false"],
    [
      "the first protocol",
      packageOf(boatSchema, { ".rpdk-config": json({ runtime: "java8", entrypoint: "x", settings: { protocolVersion: "1.0.0" } }) }),
      "Please upgrade to CFN-CLI 2.0",
    ],
  ])("of %s", async (_, bytes, sentence) => {
    const cloud = harbour();
    const RegistrationToken = await register(cloud, BOAT, bytes);
    const { ProgressStatus, Description } = await cloud.call(describeTypeRegistration, { RegistrationToken });
    expect(ProgressStatus).toBe("FAILED");
    expect(Description).toContain(
      `VALIDATION_STAGE of status FAILED; Next is DEPLOY_STAGE with status CANCELLED\nDeployment failed with error. Error message: [${RegistrationToken}] `,
    );
    expect(Description).toContain(sentence);
    await expect(cloud.call(describeType, NAME)).rejects.toMatchObject({
      name: "TypeNotFoundException",
      message: `The type '${BOAT}' cannot be found.`,
    });
  });

  test("is refused where nothing was uploaded, or the name is AWS's", async () => {
    const cloud = await registered();
    const SchemaHandlerPackage = "s3://packages/other.zip";
    await expect(cloud.call(registerType, { ...NAME, SchemaHandlerPackage })).rejects.toMatchObject({
      name: "CFNRegistryException",
      message: expect.stringContaining("Error validating schemaHandlerPackage."),
    });
    await expect(register(cloud, "AWS::Harbour::Boat", packageOf(boatSchema))).rejects.toThrow("reserved namespace");
    await expect(register(cloud, "Acme::Harbour::Boat::MODULE", packageOf(boatSchema), { Type: "MODULE" })).rejects.toMatchObject({
      name: "NotImplemented",
    });
  });

  test("is made once for each client token", async () => {
    const cloud = harbour();
    const token = { ClientRequestToken: "once" };
    const first = await register(cloud, BOAT, packageOf(boatSchema), token);
    expect(await register(cloud, BOAT, packageOf(boatSchema), token)).toBe(first);
    expect((await cloud.call(listTypeVersions, NAME)).TypeVersionSummaries).toHaveLength(1);
  });
});

describe("a version", () => {
  test("is used once it is the default", async () => {
    const shelf: Shelf = new Map();
    const cloud = await registered(shelf);
    const { Captain: _, ...properties } = boatSchema.properties;
    await register(cloud, BOAT, packageOf({ ...boatSchema, properties }));
    const ids = async () =>
      (await cloud.call(listTypeVersions, NAME)).TypeVersionSummaries!.map(({ VersionId, IsDefaultVersion }) => [
        VersionId,
        IsDefaultVersion,
      ]);
    expect(await ids()).toEqual([
      ["00000001", true],
      ["00000002", false],
    ]);
    await create(cloud, { B: boat({ Name: "ida", Captain: "ahab" }) });
    await cloud.advance("1m");
    expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
    await cloud.call(setTypeDefaultVersion, { Arn: `${ARN}/00000002` });
    await create(cloud, { B: boat({ Name: "eva", Captain: "ahab" }) }, { StackName: "t" });
    expect((await eventsOf(cloud, "t")).join()).toContain("extraneous key [Captain] is not permitted");
    await expect(cloud.call(deregisterType, { ...NAME, VersionId: "00000002" })).rejects.toThrow(
      `Version '00000002' is the default version and cannot be deregistered. Deregister the resource type '${BOAT}' instead.`,
    );
    await cloud.call(deregisterType, { ...NAME, VersionId: "00000001" });
    expect(await ids()).toEqual([["00000002", true]]);
    expect(await cloud.call(describeType, { ...NAME, VersionId: "00000001" })).toMatchObject({ DeprecatedStatus: "DEPRECATED" });
    await cloud.call(deregisterType, NAME);
    expect(await cloud.call(describeType, NAME)).toMatchObject({ DeprecatedStatus: "DEPRECATED" });
    await expect(create(cloud, { B: boat({ Name: "ida" }) }, { StackName: "u" })).rejects.toThrow(`Unrecognized resource types: [${BOAT}]`);
    await register(cloud, BOAT, packageOf(boatSchema));
    expect(await ids()).toEqual([["00000003", true]]);
  });

  test("is tested with what its package brings", async () => {
    const shelf: Shelf = new Map();
    const cloud = harbour(shelf);
    const tested = async (more: Record<string, Buffer>) => {
      await register(cloud, BOAT, packageOf(boatSchema, more));
      const { TypeVersionSummaries } = await cloud.call(listTypeVersions, NAME);
      const { VersionId } = TypeVersionSummaries!.at(-1)!;
      expect(await cloud.call(testType, { ...NAME, VersionId })).toEqual({ TypeVersionArn: `${ARN}/${VersionId}` });
      expect(await cloud.call(describeType, { ...NAME, VersionId })).toMatchObject({
        TypeTestsStatus: Object.keys(more).length === 0 ? "FAILED" : "IN_PROGRESS",
      });
      await cloud.advance("5m");
      const { TypeTestsStatus, TypeTestsStatusDescription } = await cloud.call(describeType, { ...NAME, VersionId });
      return `${TypeTestsStatus}: ${TypeTestsStatusDescription}`;
    };
    expect(await tested({})).toBe("FAILED: The package brings no inputs/inputs_1_create.json to test with.");
    const inputs = {
      "inputs/inputs_1_create.json": json({ Name: "ida", Length: 1 }),
      "inputs/inputs_1_update.json": json({ Name: "ida", Length: 2 }),
    };
    expect(await tested(inputs)).toBe("PASSED: All contract tests passed.");
    expect(shelf.size).toBe(0);
    expect(await tested({ "inputs/inputs_1_create.json": json({ Name: "titanic" }) })).toBe(
      "FAILED: contract_create_create: it met an iceberg (HandlerErrorCode: GeneralServiceException)",
    );
  });
});

test("types are listed by what they are", async () => {
  const cloud = await registered();
  const names = async (input: object) => (await cloud.call(listTypes, input)).TypeSummaries!.map(({ TypeName }) => TypeName);
  expect(await names({})).toEqual([BOAT]);
  expect(await names({ ProvisioningType: "IMMUTABLE" })).toEqual([]);
  expect(await names({ Type: "HOOK" })).toEqual([]);
  expect(await names({ Filters: { Category: "ACTIVATED" } })).toEqual([]);
  const Filters = { Category: "AWS_TYPES" as const, TypeNamePrefix: "AWS::S3::" };
  expect(await names({ Visibility: "PUBLIC", Filters })).toEqual(["AWS::S3::Bucket", "AWS::S3::BucketPolicy"]);
  const judge = await cloud.call(describeType, { Type: "HOOK", TypeName: "AWS::Hooks::LambdaHook" });
  expect(judge).toMatchObject({ Visibility: "PUBLIC", IsActivated: false, PublicVersionNumber: "1.0.0" });
  const first = await cloud.call(listTypes, { Visibility: "PUBLIC", Filters, MaxResults: 1 });
  expect(await names({ Visibility: "PUBLIC", Filters, NextToken: first.NextToken })).toEqual(["AWS::S3::BucketPolicy"]);
  const bucket = await cloud.call(describeType, { ...RESOURCE, TypeName: "AWS::S3::Bucket" });
  expect(bucket).toMatchObject({ Arn: "arn:aws:cloudformation:eu-west-1::type/resource/AWS-S3-Bucket", Visibility: "PUBLIC" });
  expect(JSON.parse(bucket.Schema!)).toMatchObject({ typeName: "AWS::S3::Bucket", primaryIdentifier: ["/properties/BucketName"] });
});

test("a configuration is what the type takes, and is handed on", async () => {
  const cloud = await registered();
  const set = (Configuration: string) => cloud.call(setTypeConfiguration, { ...NAME, Configuration });
  await expect(set('{"Harbour":1,"Moon":2}')).rejects.toMatchObject({
    name: "CFNRegistryException",
    message: expect.stringContaining("#: extraneous key [Moon] is not permitted"),
  });
  await expect(set("[]")).rejects.toThrow("must be a valid JSON object");
  const { ConfigurationArn } = await set('{"Harbour":"kiel"}');
  expect(ConfigurationArn).toBe("arn:aws:cloudformation:eu-west-1:111122223333:type-configuration/resource/Acme-Harbour-Boat/default");
  const found = await cloud.call(batchDescribeTypeConfigurations, {
    TypeConfigurationIdentifiers: [
      { TypeConfigurationArn: ConfigurationArn },
      { TypeArn: ARN, TypeConfigurationAlias: "other" },
      { TypeName: "No::Such::Type" },
    ],
  });
  expect(found.TypeConfigurations).toMatchObject([{ Configuration: '{"Harbour":"kiel"}' }, { Configuration: "{}" }]);
  expect(found.Errors).toMatchObject([{ ErrorMessage: "The type 'No::Such::Type' cannot be found." }]);
  const unknown = { TypeConfigurationIdentifiers: [{ TypeName: "No::Such::Type" }] };
  await expect(cloud.call(batchDescribeTypeConfigurations, unknown)).rejects.toMatchObject({ name: "TypeConfigurationNotFoundException" });
});

describe("a public extension", () => {
  const OTHER = { accountId: "444455556666" };
  const inputs = { "inputs/inputs_1_create.json": json({ Name: "ida" }) };

  async function published(shelf: Shelf): Promise<{ cloud: World; PublicTypeArn: string }> {
    const cloud = harbour(shelf);
    await register(cloud, BOAT, packageOf(boatSchema, inputs));
    await expect(cloud.call(publishType, NAME)).rejects.toThrow("not registered as a publisher");
    await cloud.call(registerPublisher, { AcceptTermsAndConditions: true });
    await expect(cloud.call(publishType, NAME)).rejects.toThrow("has not passed its tests: NOT_TESTED");
    await cloud.call(testType, NAME);
    await cloud.advance("5m");
    return { cloud, PublicTypeArn: (await cloud.call(publishType, NAME)).PublicTypeArn! };
  }

  test("can be used by another account once it is activated there", async () => {
    const shelf: Shelf = new Map();
    const { cloud, PublicTypeArn } = await published(shelf);
    const { PublisherId } = await cloud.call(describePublisher, {});
    expect(PublicTypeArn).toBe(`arn:aws:cloudformation:eu-west-1::type/resource/${PublisherId}/Acme-Harbour-Boat/1.0.0`);
    const stack = { ...S, TemplateBody: template({ B: { Type: "Mine::Harbour::Boat", Properties: { Name: "ida" } } }) };
    await expect(cloud.call(createStack, stack, OTHER)).rejects.toThrow("Unrecognized resource types");
    await cloud.call(activateType, { PublicTypeArn, TypeNameAlias: "Mine::Harbour::Boat" }, OTHER);
    await cloud.call(createStack, stack, OTHER);
    await cloud.advance("1m");
    expect([...shelf.keys()]).toEqual(["boat-ida"]);
    const mine = { ...RESOURCE, TypeName: "Mine::Harbour::Boat" };
    expect(await cloud.call(describeType, mine, OTHER)).toMatchObject({
      OriginalTypeName: BOAT,
      PublisherId,
      PublicVersionNumber: "1.0.0",
      IsActivated: true,
    });
    const listed = await cloud.call(listTypes, { Visibility: "PUBLIC", Filters: { Category: "THIRD_PARTY" } }, OTHER);
    expect(listed.TypeSummaries).toMatchObject([{ TypeName: BOAT, LatestPublicVersion: "1.0.0", IsActivated: true }]);
    // It updates itself within its major version.
    await cloud.call(publishType, { ...NAME, PublicVersionNumber: "1.10.0" });
    await cloud.call(publishType, { ...NAME, PublicVersionNumber: "2.0.0" });
    expect((await cloud.call(publishType, NAME)).PublicTypeArn).toMatch(/2\.0\.1$/);
    expect(await cloud.call(describeType, mine, OTHER)).toMatchObject({ PublicVersionNumber: "1.10.0" });
    await cloud.call(deactivateType, mine, OTHER);
    await expect(cloud.call(describeType, mine, OTHER)).rejects.toMatchObject({ name: "TypeNotFoundException" });
  });

  test("that was published elsewhere can not be found", async () => {
    const PublicTypeArn = "arn:aws:cloudformation:eu-west-1::type/resource/c830e97710da0c9954d80ba8df021e5439e7134b/Generic-Thing-One";
    await expect(harbour().call(activateType, { PublicTypeArn })).rejects.toMatchObject({ name: "TypeNotFoundException" });
    const guard = { Type: "HOOK" as const, TypeName: "AWS::Hooks::GuardHook", PublisherId: "aws", TypeNameAlias: "Acme::Guard::Hook" };
    await expect(harbour().call(activateType, guard)).rejects.toThrow("Slipway does not implement the hook AWS::Hooks::GuardHook");
  });
});

test("extensions are registered by stacks", async () => {
  const cloud = harbour();
  cloud.change((scope) => scope.blobs.write(packageOf(boatSchema)));
  await register(cloud, "Acme::Harbour::Other", packageOf({ ...boatSchema, typeName: "Acme::Harbour::Other" }));
  await register(cloud, BOAT, packageOf(boatSchema));
  const resources = {
    V: { Type: "AWS::CloudFormation::ResourceVersion", Properties: { TypeName: BOAT, SchemaHandlerPackage: "s3://packages/p.zip" } },
    D: { Type: "AWS::CloudFormation::ResourceDefaultVersion", Properties: { TypeVersionArn: { Ref: "V" } } },
  };
  await create(cloud, {}, { TemplateBody: template(resources, { Outputs: { V: { Value: { "Fn::GetAtt": ["V", "VersionId"] } } } }) });
  expect(await stackOf(cloud)).toMatchObject({ StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputValue: "00000002" }] });
  expect(await cloud.call(describeType, NAME)).toMatchObject({ DefaultVersionId: "00000002" });
  await cloud.call(setTypeDefaultVersion, { ...NAME, VersionId: "00000001" });
  await cloud.call(deleteStack, S);
  expect((await cloud.call(listTypeVersions, NAME)).TypeVersionSummaries).toMatchObject([{ VersionId: "00000001" }]);
});

test("a handler may tell how it stands before it has ended", async () => {
  const cloud = extensionWorld(() => ({ takesMs: 3_600_000, returns: {} }));
  await register(cloud, BOAT, packageOf({ ...boatSchema, handlers: { create: { permissions: [] }, delete: { permissions: [] } } }));
  await create(cloud, { B: boat({ Name: "ida" }) });
  const [call] = handlerCalls.list(cloud.scope());
  const BearerToken = call!.id;
  const tell = (OperationStatus: "IN_PROGRESS" | "SUCCESS", more: object = {}) =>
    cloud.call(recordHandlerProgress, { BearerToken, OperationStatus, ...more });
  await expect(tell("SUCCESS", { CurrentOperationStatus: "FAILED" })).rejects.toMatchObject({
    name: "OperationStatusCheckFailedException",
  });
  await tell("IN_PROGRESS", { CurrentOperationStatus: "PENDING" });
  await tell("SUCCESS", { CurrentOperationStatus: "IN_PROGRESS", ResourceModel: '{"Name":"ida","Id":"i"}' });
  expect(await statusOf(cloud)).toBe("CREATE_COMPLETE");
  await expect(tell("SUCCESS")).rejects.toMatchObject({ name: "InvalidStateTransitionException" });
});

test("limits and estimates are told", async () => {
  const cloud = harbour();
  const { AccountLimits } = await cloud.call(describeAccountLimits, {});
  expect(AccountLimits!.map(({ Name }) => Name)).toEqual(["StackLimit", "StackOutputsLimit", "ConcurrentResourcesLimit"]);
  const TemplateBody = template({ B: { Type: "AWS::S3::Bucket" } }, { Parameters: { P: { Type: "String" } } });
  await expect(cloud.call(estimateTemplateCost, { TemplateBody })).rejects.toThrow("Parameters: [P] must have values");
  const Parameters = [{ ParameterKey: "P", ParameterValue: "p" }];
  expect((await cloud.call(estimateTemplateCost, { TemplateBody, Parameters })).Url).toMatch(/^https:\/\/calculator\.s3\.amazonaws\.com\//);
});

test("tests of a type end the same whenever the power is cut", async () => {
  await endsTheSameWheneverThePowerIsCut(
    () => harbour(new Map()),
    async (cloud) => {
      await register(cloud, BOAT, packageOf(boatSchema, { "inputs/inputs_1_create.json": json({ Name: "titanic" }) }));
      await cloud.call(testType, NAME);
      await cloud.advance("91d");
    },
  );
});
