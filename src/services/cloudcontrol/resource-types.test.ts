import { expect, test } from "vitest";
import { handsThat } from "../../testing/hands.ts";
import type { ResourceExample } from "../../testing/resource-example.ts";
import { World } from "../../testing/world.ts";
import { createChangeSet, describeChangeSet, executeChangeSet } from "../cloudformation/change-set.ts";
import { createGeneratedTemplate, describeGeneratedTemplate, getGeneratedTemplate } from "../cloudformation/generated-template.ts";
import { createStack } from "../cloudformation/operation.ts";
import { resources } from "../cloudformation/resource.ts";
import { identifierMap, listResourceScanResources, startResourceScan } from "../cloudformation/resource-scan.ts";
import { stacks } from "../cloudformation/stack.ts";
import { services } from "../index.ts";
import { resourceExamples } from "../resource-examples.fixture.ts";
import { getResourceRequestStatus } from "./request.ts";
import { createResource, deleteResource, getResource, listResources } from "./resource.ts";

// Every resource type outside of stacks: found, taken away, made again, written down as a template, and imported with it.

/** Why some do not go while they are as their examples have them. */
const STAY: Readonly<Record<string, RegExp>> = {
  "AWS::IAM::Role": /must detach all policies first/,
  "AWS::Logs::LogGroup": /deletion protection enabled/,
};

const shown = resourceExamples.map((example) => [example.type, Object.keys(example.properties).join(" "), example] as const);

test.each(shown)("%s lives outside of a stack, too: %s", async (TypeName, _, example) => {
  const cloud = new World({ services, hands: handsThat({}) });
  const { physicalId, properties, row } = await inStack(cloud, example);
  const { ResourceDescription } = await cloud.call(getResource, { TypeName, Identifier: physicalId });
  const Identifier = ResourceDescription!.Identifier!;
  const { ResourceDescriptions } = await cloud.call(listResources, { TypeName });
  expect(ResourceDescriptions).toContainEqual(ResourceDescription);
  const { ResourceScanId } = await cloud.call(startResourceScan, {});
  const { Resources } = await cloud.call(listResourceScanResources, { ResourceScanId, ResourceTypePrefix: TypeName });
  const ResourceIdentifier = identifierMap(cloud.scope(), TypeName, Identifier);
  expect(Resources).toContainEqual({ ResourceType: TypeName, ResourceIdentifier, ManagedByStack: true });

  const deleted = await finished(cloud, await cloud.call(deleteResource, { TypeName, Identifier }));
  if (deleted.OperationStatus === "FAILED") {
    expect(deleted.StatusMessage).toMatch(STAY[TypeName] ?? /^$/);
    return;
  }
  const created = await finished(cloud, await cloud.call(createResource, { TypeName, DesiredState: JSON.stringify(properties) }));
  expect(created).toMatchObject({ OperationStatus: "SUCCESS", Identifier: expect.any(String) });

  if (WRITTEN_ONLY.has(TypeName)) return;
  cloud.change((scope) => resources.remove(scope, row));
  const mine = {
    ResourceType: TypeName,
    LogicalResourceId: "It",
    ResourceIdentifier: identifierMap(cloud.scope(), TypeName, created.Identifier!),
  };
  const T = { GeneratedTemplateName: "t" };
  await cloud.call(createGeneratedTemplate, { ...T, Resources: [mine] });
  expect(await cloud.call(describeGeneratedTemplate, T)).toMatchObject({ Status: "COMPLETE", Resources: [{ ResourceStatus: "COMPLETE" }] });
  const TemplateBody = (await cloud.call(getGeneratedTemplate, T)).TemplateBody!;
  const names = Object.keys(JSON.parse(TemplateBody).Parameters ?? {});
  const C = { StackName: "imported", ChangeSetName: "c" };
  await cloud.call(createChangeSet, {
    ...C,
    ChangeSetType: "IMPORT",
    TemplateBody,
    Parameters: names.map((ParameterKey) => ({ ParameterKey, ParameterValue: "value" })),
    Capabilities: ["CAPABILITY_NAMED_IAM"],
    ResourcesToImport: [mine],
  });
  expect((await cloud.call(describeChangeSet, C)).StatusReason).toBeUndefined();
  await cloud.call(executeChangeSet, C);
  expect(statusOf(cloud, "imported")).toBe("IMPORT_COMPLETE");
});

/** What is required and never read is a parameter of a generated template; of these it is an object, which a parameter cannot be. */
const WRITTEN_ONLY: ReadonlySet<string> = new Set(["AWS::EC2::LaunchTemplate"]);

/** The example as a stack makes it, with what it needs. */
async function inStack(cloud: World, { type, before, around, properties }: ResourceExample) {
  await before?.(cloud);
  await cloud.call(createStack, {
    StackName: "s",
    TemplateBody: JSON.stringify({ Resources: { ...around, It: { Type: type, Properties: properties } } }),
    Capabilities: ["CAPABILITY_NAMED_IAM"],
  });
  await cloud.advanceUntil(() => !statusOf(cloud, "s").endsWith("_IN_PROGRESS"), "2h");
  expect(statusOf(cloud, "s")).toBe("CREATE_COMPLETE");
  const { id, now } = resources.list(cloud.scope()).find(({ logicalId }) => logicalId === "It")!;
  return { ...now!, row: id };
}

async function finished(cloud: World, { ProgressEvent }: { ProgressEvent?: { RequestToken?: string | undefined } | undefined }) {
  const { RequestToken } = ProgressEvent!;
  const status = async () => (await cloud.call(getResourceRequestStatus, { RequestToken })).ProgressEvent!;
  for (let minute = 0; minute < 60 && (await status()).OperationStatus === "IN_PROGRESS"; minute++) await cloud.advance("1m");
  return status();
}

const statusOf = (cloud: World, stack: string): string => stacks.list(cloud.scope()).find(({ name }) => name === stack)!.status;
