import { describe, expect, test } from "vitest";
import { evaluateConditions } from "./condition.ts";
import type { ResourceValues } from "./evaluate.ts";
import { KNOWN_AFTER_APPLY } from "./evaluate.ts";
import {
  type ExistingResource,
  orderRemovals,
  type PlanOptions,
  planDelete,
  planUpdate,
  type StackAfter,
  type StackBefore,
} from "./plan.ts";
import { specification } from "./specification.ts";
import { readTemplate } from "./syntax.ts";
import { checkTemplate, type Template } from "./template.ts";
import type { Json } from "./value.ts";

const NEW: StackBefore = { template: undefined, parameters: {}, tags: [], resources: [], values: () => undefined };

const template = (resources: object, more: object = {}): Template =>
  checkTemplate(readTemplate(JSON.stringify({ ...more, Resources: resources })));
const topic = (Properties: object, more: object = {}) => ({ Type: "AWS::SNS::Topic", Properties, ...more });

function after(of: Template, parameters: Record<string, Json> = {}, more: Partial<StackAfter> = {}): StackAfter {
  const context = { template: of, parameters, importValue: () => undefined, availabilityZones: () => [] };
  return { template: of, context: { ...context, conditions: evaluateConditions(of, context) }, tags: [], ...more };
}

/** The stack that carrying out a plan gives: physical ids are `arn:` and a topic's name, attributes are the properties. */
function deployed(of: Template, parameters: Record<string, Json> = {}, from: StackBefore = NEW): StackBefore {
  let stack: StackBefore = { ...from, template: of, parameters };
  // Each pass knows what the passes before it made.
  for (let pass = 0; pass <= Object.keys(of.Resources).length; pass++) {
    const { desired } = planUpdate({ ...stack, template: undefined }, after(of, parameters), specification);
    const resources = desired.map(
      (one): ExistingResource => ({ ...one, physicalId: `arn:${one.properties["TopicName"] ?? one.logicalId}` }),
    );
    const values = (logicalId: string): ResourceValues | undefined => {
      const found = resources.find((one) => one.logicalId === logicalId);
      return found && { ref: found.physicalId, attribute: (name) => found.properties[name] };
    };
    stack = { template: of, parameters, tags: [], resources, values };
  }
  return stack;
}

const changesOf = (before: StackBefore, to: StackAfter, options?: PlanOptions) => planUpdate(before, to, specification, options).changes;

describe("a change set", () => {
  const two = (first: object, second: object = { TopicName: "second", DisplayName: { Ref: "First" } }) =>
    template({ First: topic(first), Second: topic(second) });

  test("of a new stack adds everything, what follows from it after it", () => {
    const plan = planUpdate(NEW, after(two({ TopicName: "first" })), specification, { includePropertyValues: true });
    expect(plan.steps).toEqual([
      { logicalId: "First", action: "Add", replacement: "False", after: [] },
      { logicalId: "Second", action: "Add", replacement: "False", after: ["First"] },
    ]);
    expect(plan.changes[1]).toEqual({
      Action: "Add",
      LogicalResourceId: "Second",
      ResourceType: "AWS::SNS::Topic",
      Scope: [],
      Details: [],
      AfterContext: JSON.stringify({ Properties: { TopicName: "second", DisplayName: KNOWN_AFTER_APPLY } }),
    });
  });

  test("of the same template is empty", () => {
    const same = two({ TopicName: "first" });
    expect(changesOf(deployed(same), after(same))).toEqual([]);
  });

  test("shows a direct change in place", () => {
    const before = deployed(two({ TopicName: "first", DisplayName: "one" }));
    expect(changesOf(before, after(two({ TopicName: "first", DisplayName: "two" })), { includePropertyValues: true })).toEqual([
      {
        Action: "Modify",
        LogicalResourceId: "First",
        PhysicalResourceId: "arn:first",
        ResourceType: "AWS::SNS::Topic",
        Replacement: "False",
        Scope: ["Properties"],
        Details: [
          {
            ChangeSource: "DirectModification",
            Evaluation: "Static",
            Target: {
              Attribute: "Properties",
              Name: "DisplayName",
              RequiresRecreation: "Never",
              Path: "/Properties/DisplayName",
              BeforeValue: "one",
              AfterValue: "two",
              AttributeChangeType: "Modify",
            },
          },
        ],
        BeforeContext: JSON.stringify({ Properties: { TopicName: "first", DisplayName: "one" } }),
        AfterContext: JSON.stringify({ Properties: { TopicName: "first", DisplayName: "two" } }),
      },
    ]);
  });

  test("shows a replacement, and what refers to the replaced resource", () => {
    const before = deployed(two({ TopicName: "first" }));
    const to = after(two({ TopicName: "renamed" }));
    expect(changesOf(before, to)).toEqual([
      {
        PolicyAction: "ReplaceAndDelete",
        Action: "Modify",
        LogicalResourceId: "First",
        PhysicalResourceId: "arn:first",
        ResourceType: "AWS::SNS::Topic",
        Replacement: "True",
        Scope: ["Properties"],
        Details: [
          {
            ChangeSource: "DirectModification",
            Evaluation: "Static",
            Target: { Attribute: "Properties", Name: "TopicName", RequiresRecreation: "Always" },
          },
        ],
      },
      {
        Action: "Modify",
        LogicalResourceId: "Second",
        PhysicalResourceId: "arn:second",
        ResourceType: "AWS::SNS::Topic",
        Replacement: "False",
        Scope: ["Properties"],
        Details: [
          {
            CausingEntity: "First",
            ChangeSource: "ResourceReference",
            Evaluation: "Static",
            Target: { Attribute: "Properties", Name: "DisplayName", RequiresRecreation: "Never" },
          },
        ],
      },
    ]);
    const [, second] = changesOf(before, to, { includePropertyValues: true });
    expect(second?.Details?.map((detail) => [detail.ChangeSource, detail.Evaluation, detail.Target?.AfterValue])).toEqual([
      ["DirectModification", "Dynamic", KNOWN_AFTER_APPLY],
      ["ResourceReference", "Static", KNOWN_AFTER_APPLY],
    ]);
  });

  test("an attribute of a changed resource may change, all along the chain; with values it is what it is now", () => {
    const chain = (text: string) =>
      template({
        First: topic({ TopicName: "a", DisplayName: text }),
        Second: topic({ TopicName: "b", DisplayName: { "Fn::GetAtt": ["First", "DisplayName"] } }),
        Third: topic({ TopicName: "c", DisplayName: { "Fn::Sub": "${Second.DisplayName}" } }),
      });
    const before = deployed(chain("one"));
    const summary = changesOf(before, after(chain("two"))).map(({ LogicalResourceId, Details }) => [
      LogicalResourceId,
      ...Details!.map((detail) => [detail.ChangeSource, detail.Evaluation, detail.CausingEntity]),
    ]);
    expect(summary).toEqual([
      ["First", ["DirectModification", "Static", undefined]],
      ["Second", ["ResourceAttribute", "Dynamic", "First.DisplayName"]],
      ["Third", ["ResourceAttribute", "Dynamic", "Second.DisplayName"]],
    ]);
    expect(changesOf(before, after(chain("two")), { includePropertyValues: true }).map((change) => change.LogicalResourceId)).toEqual([
      "First",
    ]);
  });

  test("names the parameter that changes, and replaces for it", () => {
    const named = template({ T: topic({ TopicName: { Ref: "Name" } }) }, { Parameters: { Name: { Type: "String" } } });
    const [change] = changesOf(deployed(named, { Name: "one" }), after(named, { Name: "two" }));
    expect(change).toMatchObject({ Replacement: "True", PolicyAction: "ReplaceAndDelete" });
    expect(change?.Details?.map((detail) => [detail.ChangeSource, detail.Evaluation, detail.CausingEntity])).toEqual([
      ["DirectModification", "Dynamic", undefined],
      ["ParameterReference", "Static", "Name"],
    ]);
  });

  test("a replacement that depends on the value is Conditional", () => {
    const instance = (InstanceType: string) => template({ I: { Type: "AWS::EC2::Instance", Properties: { InstanceType } } });
    const [change] = changesOf(deployed(instance("t3.micro")), after(instance("t3.large")));
    expect(change).toMatchObject({ Replacement: "Conditional", Details: [{ Target: { RequiresRecreation: "Conditionally" } }] });
    expect(change).not.toHaveProperty("PolicyAction");
  });

  test("numbers and text are the same where the type takes both", () => {
    const of = (MemorySize: Json) => template({ F: { Type: "AWS::Lambda::Function", Properties: { MemorySize } } });
    expect(changesOf(deployed(of(128)), after(of("128")))).toEqual([]);
  });

  test("metadata, policies and stack tags are of the scope", () => {
    const before = deployed(template({ T: topic({}) }));
    const to = template({ T: topic({}, { Metadata: { a: "b" }, DeletionPolicy: "Retain" }) });
    const [change] = changesOf(before, after(to, {}, { tags: [{ Key: "team", Value: "one" }] }));
    expect(change).toMatchObject({ Replacement: "False", Scope: ["Metadata", "DeletionPolicy", "Tags"] });
  });

  test("a nested stack may always have changed", () => {
    const nested = template({ N: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://s3/x" } } });
    expect(changesOf(deployed(nested), after(nested))).toMatchObject([
      {
        Action: "Modify",
        Details: [{ ChangeSource: "Automatic", Evaluation: "Dynamic", Target: { Attribute: "Properties", RequiresRecreation: "Never" } }],
      },
    ]);
  });

  test("what a condition leaves out is removed, as its policy says", () => {
    const of = template(
      { A: topic({}), B: topic({}, { Condition: "Both", DeletionPolicy: "Retain" }) },
      { Parameters: { P: { Type: "String" } }, Conditions: { Both: { "Fn::Equals": [{ Ref: "P" }, "yes"] } } },
    );
    const plan = planUpdate(deployed(of, { P: "yes" }), after(of, { P: "no" }), specification);
    expect(plan.changes).toEqual([
      {
        PolicyAction: "Retain",
        Action: "Remove",
        LogicalResourceId: "B",
        PhysicalResourceId: "arn:B",
        ResourceType: "AWS::SNS::Topic",
        Scope: [],
        Details: [],
      },
    ]);
    expect(plan.removed.map(({ logicalId }) => logicalId)).toEqual(["B"]);
  });

  test("what is imported is not added", () => {
    const to = after(template({ T: topic({ TopicName: "mine" }) }), {}, { imports: { T: "arn:mine" } });
    expect(changesOf(NEW, to)).toMatchObject([{ Action: "Import", PhysicalResourceId: "arn:mine" }]);
  });

  test("the type of a resource can not change", () => {
    const before = deployed(template({ T: topic({}) }));
    expect(() => changesOf(before, after(template({ T: { Type: "AWS::SQS::Queue" } })))).toThrow(
      "Update of resource type is not permitted. The new template modifies resource type of the following resources: [T]",
    );
  });
});

test("removals come before what they needed", () => {
  const { resources } = deployed(
    template({ A: topic({}), B: topic({ DisplayName: { Ref: "A" } }), C: topic({}, { DependsOn: ["A", "B"] }) }),
  );
  expect(planDelete(resources).changes.map(({ Action }) => Action)).toEqual(["Remove", "Remove", "Remove"]);
  expect(orderRemovals(resources).map(({ resource, after }) => [resource.logicalId, after])).toEqual([
    ["C", []],
    ["B", ["C"]],
    ["A", ["B", "C"]],
  ]);
});

describe("whatever the templates", () => {
  /** Numbers that look random and are the same for a seed. */
  function chance(seed: number): (below: number) => number {
    let state = seed + 1;
    return (below) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
  }

  /** Topics that refer only to those before them, so that there is no cycle. */
  function randomTemplate(next: (below: number) => number): Template {
    const names = ["A", "B", "C", "D", "E", "F"].filter(() => next(4) > 0);
    const resources = names.map((name, index) => {
      const other = index === 0 ? undefined : names[next(index)]!;
      const text = [
        () => `text ${next(3)}`,
        () => ({ Ref: other! }),
        () => ({ "Fn::GetAtt": [other!, "TopicName"] }),
        () => ({ "Fn::Sub": `x-\${${other}}` }),
      ];
      const value = text[other === undefined ? 0 : next(text.length)]!();
      return [
        name,
        topic({ TopicName: `${name}-${next(2)}`, DisplayName: value }, other !== undefined && next(3) === 0 ? { DependsOn: other } : {}),
      ];
    });
    return template(Object.fromEntries([["Root", topic({ TopicName: `root-${next(2)}` })], ...resources]));
  }

  test.each(Array.from({ length: 200 }, (_, seed) => seed))("seed %i", (seed) => {
    const next = chance(seed);
    const [one, other] = [randomTemplate(next), randomTemplate(next)];
    const before = deployed(one);
    const plan = planUpdate(before, after(other), specification);

    // Nothing to do for what is so already, and the same plan for the same question.
    expect(planUpdate(before, after(one), specification).changes).toEqual([]);
    expect(planUpdate(before, after(other), specification)).toEqual(plan);
    // Carrying it out leaves nothing to do.
    expect(planUpdate(deployed(other, {}, before), after(other), specification).changes).toEqual([]);

    const kind = (action: string): string[] =>
      plan.changes.filter(({ Action }) => Action === action).map(({ LogicalResourceId }) => LogicalResourceId!);
    const [were, will] = [Object.keys(one.Resources), Object.keys(other.Resources)];
    expect(kind("Add")).toEqual(will.filter((name) => !were.includes(name)).sort());
    expect(kind("Remove")).toEqual(were.filter((name) => !will.includes(name)).sort());

    // What is not in the plan comes out as it is.
    for (const { logicalId } of plan.steps) expect(plan.desired.map((resource) => resource.logicalId)).toContain(logicalId);
    const untouched = will.filter((name) => !plan.steps.some(({ logicalId }) => logicalId === name));
    for (const name of untouched) {
      expect(deployed(other).resources.find(({ logicalId }) => logicalId === name)?.properties).toEqual(
        before.resources.find(({ logicalId }) => logicalId === name)?.properties,
      );
    }

    // Each step comes after those that it names, and each removal too.
    for (const list of [
      plan.steps.map(({ logicalId, after: needs }) => ({ logicalId, needs })),
      orderRemovals(plan.removed).map(({ resource, after: needs }) => ({ logicalId: resource.logicalId, needs })),
    ]) {
      list.forEach(({ needs }, index) => {
        for (const need of needs) expect(list.slice(0, index).map(({ logicalId }) => logicalId)).toContain(need);
      });
    }
  });
});
