import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createChangeSet, describeChangeSet } from "../../src/services/cloudformation/change-set.ts";
import { services } from "../../src/services/index.ts";
import { World } from "../../src/testing/world.ts";
import { type Mutant, mutantsOf } from "./mutant.ts";

// cfn-lint, unmodified, beside what CloudFormation says here: what we accept, it has no errors in.

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const hasLint = spawnSync("python3", ["-c", "import cfnlint"]).status === 0;

/** What cfn-lint calls an error and CloudFormation takes, and why. */
const TAKEN: readonly (readonly [rule: string, place: RegExp, why: string])[] = [
  ["E4001", /^Metadata/, "whatever is in Metadata is for whoever reads it"],
  ["E3003", /Properties/, "a condition that is false with these parameters would leave the property out"],
  ["E3012", /Fn::If\/1/, "the branch that is not taken with these parameters"],
  ["E3024", /Tags$/, "that a tag is given twice, the service says when the resource is made"],
  ["E3502", /FifoQueue$/, "that an ARN is that of no queue of this kind, the service says when the resource is made"],
];

/** cfn-lint takes a third of a second for each: every tenth; MUTANTS=all takes them all. */
const EVERY = process.env["MUTANTS"] === "all" ? 1 : 10;

/** What a change set of the template comes to: undefined where it is accepted. */
async function refusal(template: unknown): Promise<string | undefined> {
  const cloud = new World({ services });
  const request = { StackName: "s", ChangeSetName: "c", ChangeSetType: "CREATE", TemplateBody: JSON.stringify(template) } as const;
  try {
    await cloud.call(createChangeSet, { ...request, Capabilities: ["CAPABILITY_NAMED_IAM"] });
  } catch (error) {
    return (error as Error).message;
  }
  const { Status, StatusReason } = await cloud.call(describeChangeSet, { StackName: "s", ChangeSetName: "c" });
  return Status === "CREATE_COMPLETE" ? undefined : (StatusReason ?? "failed");
}

type Finding = readonly [rule: string, place: string, sentence: string];

async function findings(templates: readonly string[]): Promise<Finding[][]> {
  const child = spawn("python3", [here("cfn-lint.py")], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(templates.map((template) => `${JSON.stringify(template)}\n`).join(""));
  const answers: Finding[][] = [];
  for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line));
  return answers;
}

describe.skipIf(!hasLint)("cfn-lint (skipped where python3 cannot import it)", { timeout: 900_000 }, () => {
  it.each([
    "multi-tier/data",
    "multi-tier/main",
    "multi-tier/service",
    "multi-tier/web",
    "serverless-sam/template",
  ])("finds no error in examples/%s", async (name) => {
    const text = readFileSync(here(`../../examples/${name}.yaml`), "utf8");
    expect(await findings([text])).toEqual([[]]);
  });

  it("finds no error in what is accepted", async () => {
    const whole = JSON.parse(readFileSync(here("whole-template.json"), "utf8"));
    expect(await refusal(whole)).toBeUndefined();
    const mutants: Mutant[] = [{ name: "as it is", template: whole }, ...mutantsOf(whole)];
    const accepted: Mutant[] = [];
    for (const mutant of mutants) if ((await refusal(mutant.template)) === undefined) accepted.push(mutant);
    expect(accepted.length).toBeGreaterThan(150);
    const chosen = accepted.filter((_, index) => index % EVERY === 0);
    const found = await findings(chosen.map(({ template }) => JSON.stringify(template)));
    const isTaken = ([rule, place]: Finding): boolean => TAKEN.some(([taken, where]) => rule === taken && where.test(place));
    const errors = chosen.flatMap(({ name }, index) =>
      found[index]!.filter((finding) => !isTaken(finding)).map((finding) => [name, ...finding]),
    );
    expect(errors).toEqual([]);
  });
});
