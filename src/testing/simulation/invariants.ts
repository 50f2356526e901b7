import { isOver as jobIsOver, jobs } from "../../compute/job.ts";
import { defects } from "../../kernel/defect.ts";
import { deliveries } from "../../kernel/delivery.ts";
import { EVENTS, events } from "../../kernel/facts.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Row, Table } from "../../kernel/table.ts";
import { resources } from "../../services/cloudformation/resource.ts";
import { isInProgress, stacks } from "../../services/cloudformation/stack.ts";
import { builds } from "../../services/codebuild/build.ts";
import { isOver as deploymentIsOver, deployments } from "../../services/codedeploy/deployment.ts";
import { isOver as executionIsOver, executions } from "../../services/codepipeline/execution.ts";
import { pipelines } from "../../services/codepipeline/pipeline.ts";
import { aliases } from "../../services/lambda/alias.ts";
import { invocations } from "../../services/lambda/invocation.ts";
import { versions } from "../../services/lambda/version.ts";
import { topics } from "../../services/sns/topic.ts";
import { messages } from "../../services/sqs/message.ts";
import { queues } from "../../services/sqs/queue.ts";
import { parameters } from "../../services/ssm/parameter.ts";
import type { World } from "../world.ts";
import type { Deeds } from "./acts.ts";
import { things } from "./thing.ts";

/** Something that is true of a cloud whatever happened to it. Answers what contradicts it. */
export interface Invariant {
  readonly name: string;
  broken(cloud: World, deeds: Deeds): readonly string[];
}

/** Rows that are under way, and the row whose loop takes each further. */
function underWay(cloud: World): { what: string; walker: string }[] {
  const scope = cloud.scope();
  const paths = <T extends Row>(table: Table<T>, isUnderWay: (row: T) => boolean) =>
    table
      .list(scope)
      .filter(isUnderWay)
      .map(({ id }) => ({ what: table.path(scope, id), walker: table.path(scope, id) }));
  return [
    ...executions
      .list(scope)
      .filter(({ status }) => !executionIsOver(status))
      .map(({ id, pipeline }) => ({ what: executions.path(scope, id), walker: pipelines.path(scope, pipeline) })),
    ...paths(builds, ({ endedAt }) => endedAt === undefined),
    ...paths(deployments, (deployment) => !deploymentIsOver(deployment)),
    ...paths(stacks, isInProgress),
    ...paths(invocations, ({ status }) => status !== "ENDED"),
    ...paths(deliveries, ({ status }) => status === "PENDING"),
    ...paths(jobs, (job) => !jobIsOver(job)),
  ];
}

/** Types that have no properties of their own to read. */
const UNREADABLE = ["AWS::SQS::QueuePolicy"];

/** True at any instant at which the loops rest. */
export const always: readonly Invariant[] = [
  {
    name: "no turn has failed",
    broken: (cloud) => defects.list(cloud.scope()).map(({ id, error }) => `${id}: ${error}`),
  },
  {
    name: "whatever is under way says what it waits for",
    broken: (cloud) =>
      underWay(cloud)
        .filter(({ walker }) => !cloud.kernel.runner.restOf(walker)?.because)
        .map(({ what }) => what),
  },
  {
    name: "no job waits for a hand",
    broken: (cloud) => jobs.by(cloud.scope(), "active", "PENDING").map(({ id }) => id),
  },
  {
    name: "an alias leads to versions that are there, and to two only while a deployment moves it",
    broken(cloud) {
      const scope = cloud.scope();
      const moves = deployments.list(scope).some((deployment) => !deploymentIsOver(deployment));
      return aliases.list(scope).flatMap(({ id, functionName, version, weights }) => {
        const others = Object.keys(weights);
        const gone = [version, ...others].filter((number) => versions.get(scope, `${functionName}:${number}`) === undefined);
        return [
          ...gone.map((number) => `${id} leads to ${number}`),
          ...(others.length > 0 && !moves ? [`${id} is shared by ${others}`] : []),
        ];
      });
    },
  },
  {
    name: "every order that was taken is in one place: with a queue or gone with who worked on it",
    broken(cloud, { sent, deleted }) {
      const here = messages
        .list(cloud.scope(), "orders")
        .map(({ body }) => body)
        .sort();
      const wanted = [...sent].filter((body) => !deleted.has(body)).sort();
      return here.join() === wanted.join() ? [] : [`there are ${here}`, `there should be ${wanted}`];
    },
  },
  {
    name: "what a stack at rest has is there, and as it was declared",
    broken(cloud) {
      const scope = cloud.scope();
      const settled = stacks.list(scope).filter(({ status }) => status.endsWith("_COMPLETE"));
      const made = settled.flatMap(({ id }) => resources.list(scope, `${id}/`));
      return made.flatMap(({ id, type, now }) => {
        if (now === undefined || UNREADABLE.includes(type)) return [];
        const live = scope.registry.resource(type)!.read(scope, now.physicalId);
        if (live === undefined) return [`${id} is gone`];
        const isDeclared = type !== "Testing::Slow::Thing" || sameJson(live, now.properties);
        return isDeclared ? [] : [`${id} is ${JSON.stringify(live)}, and was declared as ${JSON.stringify(now.properties)}`];
      });
    },
  },
];

/** True when two days have passed in which nobody did anything. */
export const inTheEnd: readonly Invariant[] = [
  {
    name: "whatever was made by a stack belongs to one",
    broken(cloud) {
      const scope = cloud.scope();
      const made = resources.list(scope).flatMap(({ now, leftovers = [] }) => (now === undefined ? leftovers : [now, ...leftovers]));
      const owned = new Set(made.map(({ physicalId }) => physicalId.split(/[:/]/).at(-1)));
      const tables: readonly Table<any>[] = [queues, topics, parameters, things];
      const there = tables.flatMap((table) => table.list(scope) as Row[]);
      return there.map(({ id }) => id).filter((id) => !owned.has(id));
    },
  },
  {
    name: "all that is still under way are executions that wait for somebody",
    broken(cloud) {
      const { runner } = cloud.kernel;
      const allowed = /approv|transition into stage|is in stage|is before it in the queue/;
      return underWay(cloud)
        .map(({ what, walker }) => `${what}: ${runner.restOf(walker)?.because}`)
        .filter((line) => !line.startsWith("codepipeline/execution:") || !allowed.test(line));
    },
  },
  {
    name: "no two of anything have one id",
    broken(cloud) {
      const scope = cloud.scope();
      const ids = [
        ...events.read(scope, EVENTS).map(({ value }) => value.id),
        ...executions.list(scope).map(({ executionId }) => executionId),
        ...messages.list(scope).map(({ queue, messageId }) => `${queue} ${messageId}`),
      ];
      const seen = new Set<string>();
      return ids.filter((id) => seen.has(id) || !seen.add(id));
    },
  },
  { name: "no job is left behind", broken: (cloud) => jobs.list(cloud.scope()).map(({ id, status }) => `${id} is ${status}`) },
];
