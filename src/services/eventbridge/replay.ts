import type { Place } from "../../kernel/disk.ts";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CancelReplay$,
  DescribeReplay$,
  IllegalStatusException,
  ListReplays$,
  type ReplayState,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  StartReplay$,
} from "../../sdk/eventbridge.js";
import { archiveArn, requireArchive } from "./archive.ts";
import { busArn, busName } from "./bus.ts";

/** Archived events that are sent once more to the rules of their bus, by its name. */
export interface Replay extends Row {
  readonly archive: string;
  readonly bus: string;
  /** The ARNs of the rules that are to have them; all where nobody says. */
  readonly ruleArns?: readonly string[];
  readonly description?: string;
  readonly from: number;
  readonly to: number;
  readonly state: ReplayState;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** How far it has come. */
  readonly place?: Place;
}

export const replays = new Table<Replay>("eventbridge/replay", {
  arn: ({ id }, { account, region }) => `arn:aws:events:${region}:${account}:replay/${id}`,
});

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html */
export const startReplay = operation(StartReplay$, (scope, input) => {
  const { ReplayName, Description, EventSourceArn, EventStartTime, EventEndTime, Destination } = input;
  if (replays.get(scope, ReplayName!) !== undefined) fault(ResourceAlreadyExistsException, `Replay ${ReplayName} already exists.`);
  const { id: archive, bus } = requireArchive(scope, EventSourceArn!.split(":archive/").at(-1)!);
  if (busName(Destination!.Arn) !== bus)
    fault("ValidationException", "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
  if (EventStartTime! >= EventEndTime!)
    fault("ValidationException", "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
  const { FilterArns } = Destination!;
  const replay = replays.put(scope, {
    id: ReplayName!,
    archive,
    bus,
    ...(FilterArns !== undefined && { ruleArns: FilterArns }),
    ...(Description !== undefined && { description: Description }),
    from: EventStartTime!.getTime(),
    to: EventEndTime!.getTime(),
    state: "STARTING",
    startedAt: scope.clock.now(),
  });
  return { ReplayArn: replayArn(scope, replay.id), State: replay.state, ReplayStartTime: new Date(replay.startedAt) };
});

export const describeReplay = operation(DescribeReplay$, (scope, { ReplayName }) => {
  const replay = requireReplay(scope, ReplayName!);
  const { id, bus, ruleArns, description } = replay;
  return {
    ...shown(scope, replay),
    ReplayArn: replayArn(scope, id),
    Destination: { Arn: busArn(scope, bus), ...(ruleArns && { FilterArns: [...ruleArns] }) },
    ...(description !== undefined && { Description: description }),
  };
});

export const listReplays = operation(ListReplays$, (scope, { NamePrefix = "", State, EventSourceArn, Limit = 100, NextToken }) => {
  const archive = EventSourceArn?.split(":archive/").at(-1);
  const found = replays
    .list(scope, NamePrefix)
    .filter((replay) => (State ?? replay.state) === replay.state && (archive ?? replay.archive) === replay.archive);
  const invalid = (): never => fault("ValidationException", "Invalid NextToken.");
  const { items, nextToken } = page(found, ({ id }) => id, Limit, NextToken, invalid);
  return { Replays: items.map((replay) => shown(scope, replay)), ...(nextToken && { NextToken: nextToken }) };
});

export const cancelReplay = operation(CancelReplay$, (scope, { ReplayName }) => {
  const { id, state } = requireReplay(scope, ReplayName!);
  if (state !== "STARTING" && state !== "RUNNING")
    fault(IllegalStatusException, `Replay ${id} is not in a valid state for this operation.`);
  replays.patch(scope, id, { state: "CANCELLED", endedAt: scope.clock.now() });
  return { ReplayArn: replayArn(scope, id), State: "CANCELLING" as const };
});

const replayArn = (scope: Scope, name: string): string => scope.arn("events", `replay/${name}`);

const requireReplay = (scope: Scope, name: string): Replay =>
  replays.get(scope, name) ?? fault(ResourceNotFoundException, `Replay ${name} does not exist.`);

const shown = (scope: Scope, { id, archive, state, from, to, place, startedAt, endedAt }: Replay) => ({
  ReplayName: id,
  EventSourceArn: archiveArn(scope, archive),
  State: state,
  EventStartTime: new Date(from),
  EventEndTime: new Date(to),
  ...(place !== undefined && { EventLastReplayedTime: new Date(place.at) }),
  ReplayStartTime: new Date(startedAt),
  ...(endedAt !== undefined && { ReplayEndTime: new Date(endedAt) }),
});
