import type { Caller } from "../kernel/caller.ts";
import type { OperationModel } from "./model.ts";

type Input = Readonly<Record<string, any>>;

/** What a call is about, as far as its input alone says: a resource that it names, a member that is an ARN, or anything (*). */
export function resourceOf(
  { name: operation, service }: OperationModel,
  input: Input,
  caller: Pick<Caller, "accountId" | "region">,
): string {
  if (service.isS3) return s3Resource(input);
  const { signingName } = service.facts;
  const named = NAMED[signingName]?.(operation, input);
  if (named?.startsWith("arn:")) return named;
  if (named !== undefined) return `arn:aws:${signingName}:${caller.region}:${caller.accountId}:${named}`;
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === "string" && value.startsWith("arn:") && !/role/i.test(name)) return value;
  }
  return "*";
}

/** Of services whose calls name their resources otherwise than by ARN: what the ARN ends in, or a whole one. */
const NAMED: Readonly<Record<string, (operation: string, input: Input) => string | undefined>> = {
  codecommit: (_, { repositoryName, oldName }) => repositoryName ?? oldName,
  codepipeline: pipelineResource,
  codebuild: buildResource,
};

/** A webhook, a pipeline, a stage of it or an action. https://docs.aws.amazon.com/codepipeline/latest/userguide/permissions-reference.html */
function pipelineResource(operation: string, input: Input): string | undefined {
  const { pipelineName, stageName, actionName, webhookName, name, pipeline, webhook } = input;
  if (operation.includes("Webhook")) {
    const known = webhookName ?? webhook?.name ?? name;
    return known && `webhook:${known}`;
  }
  const known = pipelineName ?? pipeline?.name ?? name;
  return known && [known, stageName, actionName].filter((part) => part !== undefined).join("/");
}

/** A project, of builds theirs; of several, where it is the same. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html */
function buildResource(operation: string, { projectName, name, names, id, ids }: Input): string | undefined {
  const isOfBuilds = id !== undefined || ids !== undefined;
  const known: string[] = [projectName ?? name ?? id ?? names ?? ids ?? []].flat();
  const kind = operation.includes("ReportGroup") ? "report-group" : operation.includes("Fleet") ? "fleet" : "project";
  const resources = new Set(known.map((each) => (isOfBuilds ? projectOf(each) : each.startsWith("arn:") ? each : `${kind}/${each}`)));
  return resources.size === 1 ? [...resources][0] : undefined;
}

/** The project of a build's id or ARN. */
const projectOf = (id: string): string =>
  id.startsWith("arn:") ? id.replace(/:(?:build|build-batch|sandbox)\/([^:]*):.*$/, ":project/$1") : `project/${id.split(":")[0]}`;

function s3Resource({ Bucket, Key }: Input): string {
  if (typeof Bucket !== "string") return "*";
  return typeof Key === "string" ? `arn:aws:s3:::${Bucket}/${Key}` : `arn:aws:s3:::${Bucket}`;
}
