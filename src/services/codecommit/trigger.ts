import { parseArn } from "../../kernel/arn.ts";
import { deliveries } from "../../kernel/delivery.ts";
import { fault } from "../../kernel/fault.ts";
import { lateOperation, operation, Waiting } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  GetRepositoryTriggers$,
  InvalidRepositoryTriggerBranchNameException,
  InvalidRepositoryTriggerCustomDataException,
  InvalidRepositoryTriggerDestinationArnException,
  InvalidRepositoryTriggerEventsException,
  InvalidRepositoryTriggerNameException,
  InvalidRepositoryTriggerRegionException,
  MaximumBranchesExceededException,
  MaximumRepositoryTriggersExceededException,
  PutRepositoryTriggers$,
  type RepositoryTrigger,
  RepositoryTriggerDestinationArnRequiredException,
  RepositoryTriggerEventsListRequiredException,
  RepositoryTriggerNameRequiredException,
  RepositoryTriggersListRequiredException,
  TestRepositoryTriggers$,
} from "../../sdk/codecommit.js";
import { parseRef } from "./ref.ts";
import { type Repository, repositories, requireRepository, type Trigger } from "./repository.ts";

/** A ref that moved, as triggers are told. */
interface Reference {
  readonly fullName: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

const TRIGGERS_MAX = 10;
const BRANCHES_MAX = 10;
const CUSTOM_DATA_MAX = 1000;
const EVENTS: readonly string[] = ["all", "updateReference", "createReference", "deleteReference"];

export const putRepositoryTriggers = operation(PutRepositoryTriggers$, (scope, { repositoryName, triggers }) => {
  const { id } = requireRepository(scope, repositoryName);
  const configurationId = scope.id.uuid();
  repositories.patch(scope, id, { triggers: { configurationId, list: triggersOf(scope, triggers) } });
  return { configurationId };
});

export const getRepositoryTriggers = operation(GetRepositoryTriggers$, (scope, { repositoryName }) => {
  const { triggers } = requireRepository(scope, repositoryName);
  return triggers === undefined ? { triggers: [] } : { configurationId: triggers.configurationId, triggers: triggers.list.map(shown) };
});

/** Tells each of the triggers of nothing in particular, and whether it got there. */
export const testRepositoryTriggers = lateOperation(TestRepositoryTriggers$, {
  begin(scope, { repositoryName, triggers }) {
    const repository = requireRepository(scope, repositoryName);
    const configurationId = scope.id.uuid();
    return triggersOf(scope, triggers).map((trigger) => ({
      name: trigger.name,
      delivery: send(scope, repository, { ...trigger, configurationId }, "TriggerEventTest", [], scope.caller.arn),
    }));
  },
  answer(scope, sent: readonly { name: string; delivery: string }[]) {
    const outcomes = sent.map(({ name, delivery }) => ({ name, outcome: deliveries.get(scope, delivery)! }));
    if (outcomes.some(({ outcome }) => outcome.status === "PENDING")) {
      return new Waiting({ kind: "wait", because: "a trigger's target is told" });
    }
    const failed = outcomes.filter(({ outcome }) => outcome.status === "FAILED");
    return {
      successfulExecutions: outcomes.filter(({ outcome }) => outcome.status === "DELIVERED").map(({ name }) => name),
      failedExecutions: failed.map(({ name, outcome }) => ({ trigger: name, failureMessage: outcome.reason ?? "" })),
    };
  },
});

/** Tell whoever asked for it of refs that moved together. https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html */
export function fireTriggers(scope: Scope, repository: Repository, moves: readonly Reference[], callerArn: string): void {
  const { configurationId = "", list = [] } = repositories.get(scope, repository.id)?.triggers ?? {};
  for (const trigger of list) {
    const wanted = moves.filter((move) => isWanted(trigger, move));
    if (wanted.length > 0) send(scope, repository, { ...trigger, configurationId }, "ReferenceChanges", wanted, callerArn);
  }
}

/** The triggers that a caller wants, checked. */
export function triggersOf(scope: Scope, triggers: readonly RepositoryTrigger[] | undefined): Trigger[] {
  if (triggers === undefined) fault(RepositoryTriggersListRequiredException, "The list of triggers for the repository is required.");
  if (triggers.length > TRIGGERS_MAX) {
    fault(MaximumRepositoryTriggersExceededException, `The number of triggers allowed for the repository is ${TRIGGERS_MAX}.`);
  }
  return triggers.map((trigger) => triggerOf(scope, trigger));
}

function triggerOf(scope: Scope, { name, destinationArn, customData, branches = [], events }: RepositoryTrigger): Trigger {
  if (!name) fault(RepositoryTriggerNameRequiredException, "A name for the trigger is required but was not specified.");
  if (!/^[\w.-]{1,100}$/.test(name)) fault(InvalidRepositoryTriggerNameException, `The name of the trigger is not valid: ${name}`);
  checkDestination(scope, destinationArn);
  if ((customData?.length ?? 0) > CUSTOM_DATA_MAX) {
    fault(InvalidRepositoryTriggerCustomDataException, "The custom data provided for the trigger is not valid.");
  }
  if (branches.length > BRANCHES_MAX)
    fault(MaximumBranchesExceededException, `The number of branches for the trigger exceeds ${BRANCHES_MAX}.`);
  const bad = branches.find((branch) => branch === "" || branch.length > 256 || /\s/.test(branch));
  if (bad !== undefined) fault(InvalidRepositoryTriggerBranchNameException, `A branch name for the trigger is not valid: ${bad}`);
  if (events === undefined || events.length === 0) {
    fault(RepositoryTriggerEventsListRequiredException, "At least one event for the trigger is required but was not specified.");
  }
  if (events.some((event) => !EVENTS.includes(event)) || (events.includes("all") && events.length > 1)) {
    fault(InvalidRepositoryTriggerEventsException, "One or more events specified for the trigger is not valid.");
  }
  return { name, destinationArn: destinationArn!, ...(customData !== undefined && { customData }), branches, events };
}

function checkDestination(scope: Scope, arn: string | undefined): void {
  if (!arn) fault(RepositoryTriggerDestinationArnRequiredException, "A destination ARN for the trigger is required but was not specified.");
  const parsed = parseArn(arn);
  if (parsed?.service !== "sns" && parsed?.service !== "lambda") {
    fault(InvalidRepositoryTriggerDestinationArnException, `The Amazon Resource Name (ARN) for the trigger is not valid: ${arn}`);
  }
  if (parsed.region !== scope.region) {
    fault(InvalidRepositoryTriggerRegionException, "The region of the trigger's target does not match the region of the repository.");
  }
}

function isWanted({ branches, events }: Trigger, move: Reference): boolean {
  const ref = parseRef(move.fullName)!;
  if (branches.length > 0 && !(ref.type === "branch" && branches.includes(ref.name))) return false;
  return events.includes("all") || events.includes(eventOf(move));
}

function eventOf({ from, to }: Reference): "createReference" | "deleteReference" | "updateReference" {
  if (from === undefined) return "createReference";
  return to === undefined ? "deleteReference" : "updateReference";
}

/** Send a trigger's record on its way; answers the delivery's id. */
function send(
  scope: Scope,
  repository: Repository,
  trigger: Trigger & { readonly configurationId: string },
  eventName: "ReferenceChanges" | "TriggerEventTest",
  moves: readonly Reference[],
  callerArn: string,
): string {
  const eventId = scope.id.uuid();
  const eventSourceARN = scope.arn("codecommit", repository.id);
  const record = {
    awsRegion: scope.region,
    codecommit: { references: moves.map(referenceOf) },
    customData: trigger.customData ?? null,
    eventId,
    eventName,
    eventPartNumber: 1,
    eventSource: "aws:codecommit",
    eventSourceARN,
    eventTime: new Date(scope.clock.now()).toISOString().replace("Z", "+0000"),
    eventTotalParts: 1,
    eventTriggerConfigId: trigger.configurationId,
    eventTriggerName: trigger.name,
    eventVersion: "1.0",
    userIdentityARN: callerArn,
  };
  const id = `codecommit/trigger/${eventId}`;
  const subject = `UPDATE: AWS CodeCommit ${scope.region} push: ${repository.id}`;
  scope.deliver(id, trigger.destinationArn, JSON.stringify({ Records: [record] }), {
    from: "codecommit.amazonaws.com",
    context: { sourceArn: eventSourceARN, subject },
  });
  return id;
}

const referenceOf = ({ fullName, from, to }: Reference) => ({
  commit: to ?? from!,
  ...(from === undefined && { created: true }),
  ...(to === undefined && { deleted: true }),
  ref: fullName,
});

const shown = ({ branches, events, ...trigger }: Trigger): RepositoryTrigger => ({
  ...trigger,
  branches: [...branches],
  events: [...events],
});
