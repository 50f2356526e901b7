import { type Doings, handsThat, type InvokeOutcome } from "../../testing/hands.ts";
import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { lambda } from "../lambda/index.ts";
import { createShop } from "../lambda/lambda.fixture.ts";
import { sqs } from "../sqs/index.ts";
import { cloudformation } from "./index.ts";
import { createStack } from "./operation.ts";
import { simulated } from "./simulated-types.fixture.ts";
import { template } from "./story.fixture.ts";

/** What the one function behind all macros of these tests does, by the macro's name. */
const macroDoings: Readonly<Record<string, (event: any) => unknown>> = {
  /** Puts its parameter before every <here>. */
  Replace: ({ fragment, params }) => JSON.parse(JSON.stringify(fragment).replaceAll("<here>", `${params.Input} <here>`)),
  /** Makes its event the text of the thing A. */
  Show: ({ fragment, ...event }) => ({
    ...fragment,
    Resources: { A: { Type: "Test::Thing::Thing", Properties: { Name: "a", Text: { ...event, parts: Object.keys(fragment) } } } },
  }),
  Text: ({ params }) => `text of ${params.Of}`,
  AddRole: ({ fragment }) => ({ ...fragment, Resources: { ...fragment.Resources, Role: { Type: "AWS::IAM::Role", Properties: {} } } }),
  AddNested: ({ fragment }) => ({ ...fragment, "Fn::Transform": "Text" }),
  Invalid: () => "invalid",
  Slow: ({ fragment }) => fragment,
};

const answers: Readonly<Record<string, (event: any) => InvokeOutcome>> = {
  Fails: ({ requestId }) => ({ takesMs: 0, returns: { requestId, status: "failed", errorMessage: "it is a test" } }),
  FailsSilently: ({ requestId }) => ({ takesMs: 0, returns: { requestId, status: "failed" } }),
  Raises: () => ({ takesMs: 0, throws: "no" }),
  Strange: () => ({ takesMs: 0, returns: { requestId: "another", status: "success", fragment: {} } }),
};

const invoke: Doings["invoke"] = ({ payload }) => {
  const event = JSON.parse(payload);
  const name = String(event.transformId).split("::").at(-1)!;
  const takesMs = name === "Slow" ? 60_000 : 0;
  return (
    answers[name]?.(event) ?? { takesMs, returns: { requestId: event.requestId, status: "success", fragment: macroDoings[name]!(event) } }
  );
};

const NAMES = [...Object.keys(macroDoings), ...Object.keys(answers)];

/** A cloud with the macros, whose functions answer at once but for Slow, which takes a minute. */
export const macroWorld = (): World =>
  new World({ services: [iam, sqs, lambda, { ...simulated, targets: [] }, cloudformation], hands: handsThat({ invoke }) });

export async function createMacros(cloud: World): Promise<void> {
  await createShop(cloud);
  const macro = (Name: string) => ({
    Type: "AWS::CloudFormation::Macro",
    Properties: { Name, FunctionName: `arn:aws:lambda:${cloud.region}:${cloud.account}:function:shop`, LogGroupName: "macros" },
  });
  await cloud.call(createStack, {
    StackName: "macros",
    TemplateBody: template(Object.fromEntries(NAMES.map((name) => [name, macro(name)])), { Outputs: { Ref: { Value: { Ref: "Text" } } } }),
  });
}
