import { once, type RawRequest } from "./generator.ts";
import { query } from "./requests.ts";

/** What is measured of stacks: a figure by its name, in milliseconds or bytes. */
export type Note = (name: string, unit: "ms" | "kB" | "us", value: number, wanted?: string) => void;

const VERSION = "2010-05-15";
const STACKS = 1000;

/** Queues, a tenth of which name the one before; `seconds` is what an update changes of each. */
const template = (resources: number, seconds: number): string =>
  JSON.stringify({
    Resources: Object.fromEntries(
      Array.from({ length: resources }, (_, index) => [
        `Queue${index}`,
        {
          Type: "AWS::SQS::Queue",
          Properties: { VisibilityTimeout: seconds },
          ...(index % 10 === 9 && { DependsOn: `Queue${index - 1}` }),
        },
      ]),
    ),
  });

const send = (action: string, StackName: string, parameters: Record<string, string> = {}): RawRequest =>
  query("cloudformation", VERSION, action, { StackName, ...parameters });

/** Until the stack is in an end state, which has to be this one. */
async function settled(port: number, name: string, status: string, started: RawRequest): Promise<number> {
  const begun = performance.now();
  const { status: code, body } = await once(port, started);
  if (code >= 300) throw new Error(body);
  for (;;) {
    const shown = await once(port, send("DescribeStacks", name));
    const found = /<StackStatus>(\w+)</.exec(shown.body)?.[1] ?? "DELETE_COMPLETE";
    if (found === status) return performance.now() - begun;
    if (/ROLLBACK|FAILED/.test(found) || performance.now() - begun > 120_000) throw new Error(`${name} is ${found}: ${shown.body}`);
  }
}

/** A stack of so many resources, from its creation to its end. */
export async function stackOf(port: number, resources: number, note: Note): Promise<void> {
  const name = `of-${resources}`;
  const [small, large] = [template(resources, 30), template(resources, 60)];
  // What a body cannot hold would lie in S3; queues of so few properties fit.
  const of = (what: string): string => `stack of ${resources} resources, ${what}`;
  const wanted = resources === 500 ? "<= 2,000" : undefined;
  note(of("create"), "ms", await settled(port, name, "CREATE_COMPLETE", send("CreateStack", name, { TemplateBody: small })), wanted);
  const begun = performance.now();
  await once(port, send("UpdateStack", name, { TemplateBody: small }));
  note(of("update of nothing"), "ms", performance.now() - begun);
  note(of("update of all"), "ms", await settled(port, name, "UPDATE_COMPLETE", send("UpdateStack", name, { TemplateBody: large })));
  note(of("delete"), "ms", await settled(port, name, "DELETE_COMPLETE", send("DeleteStack", name)));
}

/** Only ours: how long a change set of 500 resources takes to be worked out. */
export async function planMs(port: number): Promise<number> {
  await settled(port, "planned", "CREATE_COMPLETE", send("CreateStack", "planned", { TemplateBody: template(500, 30) }));
  const begun = performance.now();
  await once(port, send("CreateChangeSet", "planned", { ChangeSetName: "all", TemplateBody: template(500, 60) }));
  for (;;) {
    const { body } = await once(port, send("DescribeChangeSet", "planned", { ChangeSetName: "all" }));
    if (body.includes("<Status>CREATE_COMPLETE<")) return performance.now() - begun;
    if (body.includes("<Status>FAILED<")) throw new Error(body);
  }
}

/** A thousand stacks of five resources: what each costs to make and to keep, and how fast one is found among them. */
export async function thousandStacks(port: number, memory: () => number, note: Note): Promise<void> {
  const before = memory();
  const begun = performance.now();
  const one = async (nth: number): Promise<void> => {
    await settled(port, `many-${nth}`, "CREATE_COMPLETE", send("CreateStack", `many-${nth}`, { TemplateBody: template(5, 30) }));
  };
  for (let nth = 0; nth < STACKS; nth += 10) await Promise.all(Array.from({ length: 10 }, (_, index) => one(nth + index)));
  note("1,000 stacks of 5 resources, create, each resource", "us", ((performance.now() - begun) * 1000) / (STACKS * 5));
  note("1,000 stacks of 5 resources, memory of each stack", "kB", (memory() - before) / 1000 / STACKS);
  const latencies: number[] = [];
  for (let nth = 0; nth < STACKS; nth++) {
    const sent = performance.now();
    await once(port, send("DescribeStacks", `many-${nth}`));
    latencies.push(performance.now() - sent);
  }
  latencies.sort((left, right) => left - right);
  note("1,000 stacks, DescribeStacks of one, p99", "ms", latencies[Math.floor(STACKS * 0.99)]!);
}
