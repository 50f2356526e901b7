import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { lowerTagList, type Tags, tagsOf } from "../../kernel/tag.ts";
import {
  CreatePipeline$,
  DeletePipeline$,
  GetPipeline$,
  InvalidNextTokenException,
  InvalidStructureException,
  ListPipelines$,
  type PipelineDeclaration,
  PipelineNameInUseException,
  PipelineNotFoundException,
  PipelineVersionNotFoundException,
  ResourceNotFoundException,
  UpdatePipeline$,
} from "../../sdk/codepipeline.js";
import { passRoleRefusal, roleIdOf, trustsService } from "../iam/api.ts";
import { abandonJob, shellJob } from "./abandoned-job.ts";
import { actionRuns } from "./action-run.ts";
import { lambdaDeployments } from "./actions/lambda-deploy.ts";
import { abandonTargets, deployTargets } from "./deploy-target.ts";
import { activeExecutions, executions, startExecution } from "./execution.ts";
import { jobs } from "./job.ts";
import { ruleRuns } from "./rule-run.ts";
import { maskedDeclaration, unmaskedDeclaration } from "./secret.ts";
import { stageStates } from "./stage.ts";
import { checkStructure } from "./structure.ts";
import { checkedTags } from "./tag.ts";
import { forgetTriggers } from "./trigger.ts";

/** A pipeline by its name. What it declares is in its versions. */
export interface Pipeline extends Row {
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Tags;
  /** How many executions were started: each has the number of its own. */
  readonly executions: number;
  /** By stage/action of the sources that look for changes themselves: what was there last. */
  readonly seen: Readonly<Record<string, string>>;
  /** By name of the source action: the revision that a worker told of last. */
  readonly told?: Readonly<Record<string, string>>;
  /** The CloudFormation request that made it. */
  readonly madeBy?: string;
}

/** What a pipeline declared, by name/version: an execution keeps to the version that it was started with. */
export interface PipelineVersion extends Row {
  readonly declaration: Stored<PipelineDeclaration>;
}

export const pipelines = new Table<Pipeline>("codepipeline/pipeline", {
  arn: ({ id }, { account, region }) => `arn:aws:codepipeline:${region}:${account}:${id}`,
});
export const pipelineVersions = new Table<PipelineVersion>("codepipeline/pipeline-version", { stored: true });

const PRINCIPAL = "codepipeline.amazonaws.com";
const LIST_MAX = 1000;

export const createPipeline = operation(CreatePipeline$, (scope, { pipeline, tags }) => {
  const created = newPipeline(scope, pipeline!, tagsOf(tags));
  startExecution(scope, created, { id: scope.id.uuid(), trigger: { triggerType: "CreatePipeline", triggerDetail: scope.caller.arn } });
  return { pipeline: shownDeclaration(scope, created.id), ...(tags && { tags: lowerTagList(created.tags) }) };
});

export const updatePipeline = operation(UpdatePipeline$, (scope, { pipeline }) => {
  const { id } = changePipeline(scope, pipeline!);
  return { pipeline: shownDeclaration(scope, id) };
});

export const getPipeline = operation(GetPipeline$, (scope, { name, version }) => {
  const pipeline = requirePipeline(scope, name!);
  const declaration = pipelineVersions.get(scope, versionId(name!, version ?? pipeline.version))?.declaration;
  if (declaration === undefined) {
    return fault(PipelineVersionNotFoundException, `Pipeline '${name}' does not have a version '${version}'`);
  }
  return {
    pipeline: maskedDeclaration(scope, declaration) as PipelineDeclaration,
    metadata: {
      pipelineArn: pipelineArn(scope, name!),
      created: new Date(pipeline.createdAt),
      updated: new Date(pipeline.updatedAt),
    },
  };
});

export const deletePipeline = operation(DeletePipeline$, (scope, { name }) => {
  removePipeline(scope, name!);
  return {};
});

export const listPipelines = operation(ListPipelines$, (scope, { maxResults, nextToken }) => {
  const { items, nextToken: next } = page(
    pipelines.list(scope),
    ({ id }) => id,
    maxResults ?? LIST_MAX,
    nextToken,
    () => fault(InvalidNextTokenException, "The next token is invalid."),
  );
  return {
    pipelines: items.map(({ id, version, createdAt, updatedAt }) => {
      const { pipelineType = "V1", executionMode = "SUPERSEDED" } = declarationOf(scope, id);
      return { name: id, version, pipelineType, executionMode, created: new Date(createdAt), updated: new Date(updatedAt) };
    }),
    ...(next && { nextToken: next }),
  };
});

/** Make a pipeline; nothing runs yet. */
export function newPipeline(scope: Scope, declaration: PipelineDeclaration, tags: Tags, madeBy?: string): Pipeline {
  const name = declaration.name!;
  if (pipelines.get(scope, name) !== undefined) {
    fault(PipelineNameInUseException, `A pipeline with the name '${name}' already exists in account '${scope.account}'`);
  }
  check(scope, declaration);
  const now = scope.clock.now();
  putVersion(scope, declaration, 1);
  return pipelines.put(scope, {
    id: name,
    version: 1,
    createdAt: now,
    updatedAt: now,
    tags: checkedTags(tags, pipelineArn(scope, name)),
    executions: 0,
    seen: {},
    ...(madeBy !== undefined && { madeBy }),
  });
}

/** Make the pipeline's next version; what runs keeps to its own. */
export function changePipeline(scope: Scope, changed: PipelineDeclaration, tags?: Tags): Pipeline {
  const known = pipelines.get(scope, changed.name!) ?? fault(ResourceNotFoundException, doesNotInclude(scope, changed.name!));
  const declaration = unmaskedDeclaration(scope, stored(changed), declarationOf(scope, known.id)) as PipelineDeclaration;
  check(scope, declaration);
  unwatch(scope, known.id);
  const version = known.version + 1;
  putVersion(scope, declaration, version);
  return pipelines.patch(scope, known.id, {
    version,
    updatedAt: scope.clock.now(),
    seen: {},
    ...(tags && { tags: checkedTags(tags, pipelineArn(scope, known.id)) }),
  });
}

/** Forget the pipeline and all that it did. One that is not there is gone. */
export function removePipeline(scope: Scope, name: string): void {
  if (pipelines.get(scope, name) === undefined) return;
  unwatch(scope, name);
  for (const { id } of activeExecutions(scope, name)) abandonCommands(scope, id);
  const actions = Object.values(declarationOf(scope, name).stages!).flatMap((stage) => stage.actions!);
  const regions = new Set(actions.flatMap(({ region }) => region ?? []));
  for (const region of [scope.region, ...regions]) {
    const there = scope.in({ region });
    for (const table of [deployTargets, lambdaDeployments]) for (const { id } of table.list(there, `${name}/`)) table.remove(there, id);
  }
  pipelines.remove(scope, name);
  for (const table of [pipelineVersions, executions, actionRuns, ruleRuns, stageStates, jobs]) {
    for (const { id } of table.list(scope, `${name}/`)) table.remove(scope, id);
  }
}

/** Nobody looks for changes of its sources any more. */
function unwatch(scope: Scope, name: string): void {
  const actions = declarationOf(scope, name).stages![0]!.actions!;
  forgetTriggers(
    scope,
    { id: name },
    actions.map((action) => action.name!),
  );
}

/** What other services were asked for goes on; commands have nobody else. */
function abandonCommands(scope: Scope, execution: string): void {
  const runs = [...actionRuns.list(scope, `${execution}/`), ...ruleRuns.list(scope, `${execution}/`)];
  for (const run of runs) {
    if (run.status !== "InProgress") continue;
    const there = scope.in({ region: run.region });
    if (run.shell !== undefined) abandonJob(there, shellJob(run.actionExecutionId));
    abandonTargets(there, run);
  }
}

export function requirePipeline(scope: Scope, name: string): Pipeline {
  const known = pipelines.get(scope, name);
  return known ?? fault(PipelineNotFoundException, `Account '${scope.account}' does not have a pipeline with name '${name}'`);
}

/** Some operations say it so. */
export const doesNotInclude = ({ account }: Scope, name: string): string =>
  `The account with id '${account}' does not include a pipeline with the name '${name}'`;

/** What the pipeline declares, now or in the version. */
export function declarationOf(scope: Scope, name: string, version?: number): Stored<PipelineDeclaration> {
  const found = pipelineVersions.get(scope, versionId(name, version ?? pipelines.get(scope, name)!.version));
  if (found === undefined) throw new Error(`pipeline ${name} has no version ${version}`);
  return found.declaration;
}

const shownDeclaration = (scope: Scope, name: string): PipelineDeclaration =>
  maskedDeclaration(scope, declarationOf(scope, name)) as PipelineDeclaration;

export const pipelineArn = (scope: Scope, name: string): string => scope.arn("codepipeline", name);

const versionId = (name: string, version: number): string => `${name}/${version}`;

const putVersion = (scope: Scope, declaration: PipelineDeclaration, version: number): PipelineVersion =>
  pipelineVersions.put(scope, { id: versionId(declaration.name!, version), declaration: completed(declaration, version) });

/** A declaration as GetPipeline shows it: what was left out is there. */
export function completed(declaration: PipelineDeclaration, version: number): Stored<PipelineDeclaration> {
  const { pipelineType = "V1", executionMode = "SUPERSEDED", stages = [] } = declaration;
  return {
    ...stored(declaration),
    stages: stored(stages).map((stage) => ({ ...stage, actions: stage.actions!.map(withDefaults) })),
    version,
    pipelineType,
    executionMode,
  } as Stored<PipelineDeclaration>;
}

function withDefaults<A extends object>(action: A): A {
  return { runOrder: 1, configuration: {}, outputArtifacts: [], inputArtifacts: [], ...action };
}

function check(scope: Scope, declaration: PipelineDeclaration): void {
  const roles = (declaration.stages ?? []).flatMap(({ actions = [] }) => actions.flatMap(({ roleArn }) => roleArn ?? []));
  for (const role of [declaration.roleArn!, ...roles]) checkRole(scope, role, role === declaration.roleArn);
  checkStructure(scope, declaration);
}

/** CodePipeline assumes the pipeline's role; that one assumes those of actions. */
function checkRole(scope: Scope, arn: string, isPipelines: boolean): void {
  if (roleIdOf(scope, arn) === undefined || (isPipelines && !trustsService(scope, arn, PRINCIPAL))) {
    fault(InvalidStructureException, `CodePipeline is not authorized to perform AssumeRole on role ${arn}`);
  }
  const refusal = passRoleRefusal(scope, arn, PRINCIPAL);
  if (refusal !== undefined) fault("AccessDeniedException", refusal);
}
