import { expect, test } from "vitest";
import { checkTargetInput, targetInput } from "./input.ts";

const matched = {
  event: {
    version: "0",
    "detail-type": "Order",
    time: "2026-01-02T03:04:05Z",
    detail: { id: "o-1", ok: true, note: 'say "hi"', tags: ["x", "y"], payload: { a: "1" } },
  },
  ruleArn: "arn:aws:events:us-east-1:111122223333:rule/orders",
  ruleName: "orders",
  ingestionTime: "2026-01-02T03:04:06Z",
};
const InputPathsMap = {
  id: "$.detail.id",
  tags: "$.detail.tags",
  payload: "$.detail.payload",
  ok: "$.detail.ok",
  none: "$.detail.none",
  note: "$.detail.note",
  type: "$.detail-type",
};
const made = (InputTemplate: string): string | undefined => targetInput({ InputTransformer: { InputPathsMap, InputTemplate } }, matched);

test("without an input the event goes as it is, with Input that text, with InputPath a part", () => {
  expect(targetInput({}, matched)).toBe(JSON.stringify(matched.event));
  expect(targetInput({ Input: '{"a":1}' }, matched)).toBe('{"a":1}');
  expect(targetInput({ InputPath: "$.detail.tags[1]" }, matched)).toBe('"y"');
});

test.each([
  ["a string", '"order <id> of type <type>"', '"order o-1 of type Order"'],
  ["a string of an object and a list, without their quotes", '"<payload> <tags>"', '"{a:1} [x,y]"'],
  ["lines of strings", '"<id>"\n"<ok>"', '"o-1"\n"true"'],
  ["a value that is missing in a string", '"<none>!"', '"!"'],
  ["a value by itself in an object", '{"id": <id>, "tags": <tags>, "ok": <ok>}', '{"id": "o-1", "tags": ["x","y"], "ok": true}'],
  ["a value in a string of an object", '{"path": "orders/<id>"}', '{"path": "orders/o-1"}'],
  ["quotes in a value", '{"note": "<note>"}', '{"note": "say \\"hi\\""}'],
  ["a missing value in an object", '{"none": <none>}', '{"none": ""}'],
  [
    "the rule",
    '"<aws.events.rule-name> <aws.events.rule-arn> <aws.events.event.ingestion-time>"',
    `"orders ${matched.ruleArn} ${matched.ingestionTime}"`,
  ],
  ["the event", "<aws.events.event.json>", JSON.stringify(matched.event)],
  ["the event without its detail", "<aws.events.event>", '{"version":"0","time":"2026-01-02T03:04:05Z","detailType":"Order"}'],
])("%s", (_, template, expected) => expect(made(template)).toBe(expected));

test.each(["[<tags> and more]", '{"tags": "<tags>"}'])("%s makes no JSON, so nothing is delivered", (template) =>
  expect(made(template)).toBeUndefined());

test("refuses what it can not make input of", () => {
  expect(() => checkTargetInput({ Id: "t", Input: "1", InputPath: "$" })).toThrow(
    "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
  );
  expect(() => checkTargetInput({ Id: "t", InputTransformer: { InputTemplate: '"<unknown>"' } })).toThrow(
    "InputTemplate for target t contains invalid placeholder unknown.",
  );
  expect(() => checkTargetInput({ Id: "t", Input: "{" })).toThrow("JSON syntax error in input for target t.");
  expect(() => checkTargetInput({ Id: "t", InputPath: "detail" })).toThrow("Invalid InputPath for target t.");
  checkTargetInput({ Id: "t", InputTransformer: { InputPathsMap, InputTemplate: '"<id> <aws.events.rule-arn>"' } });
});
