import { asList, BuildspecProblem, flag, list, type Mapping, mapping, readBuildspec, texts } from "./buildspec-text.ts";

/** One build of a batch, and in what it differs from the project. */
export interface BatchTask {
  readonly identifier: string;
  readonly dependsOn: readonly string[];
  readonly ignoreFailure: boolean;
  /** A path, an ARN or a whole buildspec. */
  readonly buildspec?: string;
  readonly computeType?: string;
  readonly image?: string;
  readonly type?: string;
  readonly fleet?: string;
  readonly privilegedMode?: boolean;
  readonly variables: Readonly<Record<string, string>>;
  readonly shard?: { readonly index: number; readonly count: number };
}

/** What a batch consists of. https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html */
export interface BatchSpec {
  readonly fastFail: boolean;
  readonly tasks: readonly BatchTask[];
}

const KINDS = ["build-list", "build-graph", "build-matrix", "build-fanout"] as const;
const IDENTIFIER = /^[A-Za-z0-9_]+$/;
const PARALLELISM_MAX = 100;

/** Read the batch of a buildspec; throws a `BuildspecProblem` where it cannot be run. */
export function parseBatch(text: string): BatchSpec {
  const { root } = readBuildspec(text);
  if (root["batch"] === undefined) throw new BuildspecProblem("batch is required in the buildspec of a batch build");
  const batch = mapping(root["batch"], "batch");
  const kinds = KINDS.filter((kind) => batch[kind] !== undefined);
  if (kinds.length !== 1) throw new BuildspecProblem(`batch has to have one of ${KINDS.join(", ")}`);
  const tasks = tasksOf(kinds[0]!, batch[kinds[0]!]);
  check(tasks);
  return { fastFail: flag(batch["fast-fail"]), tasks };
}

function tasksOf(kind: (typeof KINDS)[number], value: unknown): BatchTask[] {
  switch (kind) {
    case "build-list":
    case "build-graph":
      return asList(value).map((one) => taskOf(mapping(one, kind), kind));
    case "build-matrix":
      return matrixOf(mapping(value, kind));
    case "build-fanout":
      return fanoutOf(mapping(value, kind));
  }
}

function taskOf(task: Mapping, kind: string): BatchTask {
  if (task["identifier"] === undefined) throw new BuildspecProblem(`identifier is required in ${kind}`);
  return {
    identifier: String(task["identifier"]),
    dependsOn: kind === "build-graph" ? list(task["depend-on"], "depend-on") : [],
    ignoreFailure: flag(task["ignore-failure"]),
    ...(task["buildspec"] !== undefined && { buildspec: String(task["buildspec"]) }),
    ...environmentOf(mapping(task["env"], "env")),
  };
}

function environmentOf(env: Mapping): Pick<BatchTask, "variables"> {
  const said = (member: string, name: string) => (env[name] === undefined ? {} : { [member]: String(env[name]) });
  return {
    ...said("computeType", "compute-type"),
    ...said("image", "image"),
    ...said("type", "type"),
    ...said("fleet", "fleet"),
    ...(env["privileged-mode"] !== undefined && { privilegedMode: flag(env["privileged-mode"]) }),
    variables: texts(env["variables"], "env/variables"),
  };
}

/** Every combination of what the dynamic part lists, each with what the static part says. */
function matrixOf(matrix: Mapping): BatchTask[] {
  const fixed = mapping(matrix["static"], "build-matrix/static");
  const dynamic = mapping(matrix["dynamic"], "build-matrix/dynamic");
  const env = mapping(dynamic["env"], "build-matrix/dynamic/env");
  const common = environmentOf(mapping(fixed["env"], "build-matrix/static/env"));
  const axes: [string, string[]][] = [
    ["buildspec", list(dynamic["buildspec"], "buildspec")],
    ["computeType", list(env["compute-type"], "compute-type")],
    ["image", list(env["image"], "image")],
    ["fleet", list(env["fleet"], "fleet")],
  ];
  const variables = Object.entries(mapping(env["variables"], "variables")).map(([name, values]): [string, string[]] => [
    `=${name}`,
    list(values, `variables/${name}`),
  ]);
  const combinations = [...axes, ...variables]
    .filter(([, values]) => values.length > 0)
    .reduce<Record<string, string>[]>(
      (known, [axis, values]) => known.flatMap((one) => values.map((value) => ({ ...one, [axis]: value }))),
      [{}],
    );
  return combinations.map((combination, index) => {
    const chosen = Object.entries(combination);
    const own = chosen.filter(([axis]) => axis.startsWith("=")).map(([axis, value]) => [axis.slice(1), value] as const);
    return {
      identifier: `build${index}`,
      dependsOn: [],
      ignoreFailure: flag(fixed["ignore-failure"]),
      ...common,
      ...Object.fromEntries(chosen.filter(([axis]) => !axis.startsWith("="))),
      variables: { ...common.variables, ...Object.fromEntries(own) },
    };
  });
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/parallel-test.html */
function fanoutOf(fanout: Mapping): BatchTask[] {
  const count = Number(fanout["parallelism"]);
  if (!Number.isInteger(count) || count < 2 || count > PARALLELISM_MAX) {
    throw new BuildspecProblem(`parallelism of build-fanout has to be a number from 2 to ${PARALLELISM_MAX}`);
  }
  return Array.from({ length: count }, (_, index) => ({
    identifier: `build${index}`,
    dependsOn: [],
    ignoreFailure: flag(fanout["ignore-failure"]),
    variables: {},
    shard: { index, count },
  }));
}

function check(tasks: readonly BatchTask[]): void {
  if (tasks.length === 0) throw new BuildspecProblem("batch has no builds");
  const known = new Set<string>();
  for (const { identifier } of tasks) {
    if (!IDENTIFIER.test(identifier)) throw new BuildspecProblem(`Invalid identifier: ${identifier}`);
    if (known.has(identifier)) throw new BuildspecProblem(`Duplicate identifier: ${identifier}`);
    known.add(identifier);
  }
  const missing = tasks.flatMap(({ dependsOn }) => dependsOn).find((name) => !known.has(name));
  if (missing !== undefined) throw new BuildspecProblem(`depend-on names ${missing}, which no build is called`);
  const done = new Set<string>();
  for (let before = -1; done.size > before; ) {
    before = done.size;
    for (const { identifier, dependsOn } of tasks) if (dependsOn.every((name) => done.has(name))) done.add(identifier);
  }
  if (done.size < tasks.length) throw new BuildspecProblem("depend-on goes round in a circle");
}
