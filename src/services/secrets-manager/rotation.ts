import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CancelRotateSecret$,
  InvalidParameterException,
  InvalidRequestException,
  RotateSecret$,
  type RotationRulesType,
  UpdateSecretVersionStage$,
} from "../../sdk/secrets-manager.js";
import { CURRENT, inStage, PREVIOUS, requireLive, type Secret, secrets } from "./secret.ts";

/** How a secret's value is changed by a function of its owner's, by the secret's name. */
export interface Rotation extends Row {
  readonly lambdaArn: string;
  readonly rules: Stored<RotationRulesType>;
  readonly enabled: boolean;
  readonly rotatedAt?: number;
  readonly nextAt?: number;
  /** The rotation that is under way. */
  readonly run?: Run;
  /** Why the last one failed. */
  readonly failure?: string;
}

interface Run {
  /** Of the version that is being made. */
  readonly token: string;
  readonly steps: readonly Step[];
  readonly done: number;
}

export type Step = "createSecret" | "setSecret" | "testSecret" | "finishSecret";

export const rotations = new Table<Rotation>("secrets-manager/rotation");

export const PENDING = "AWSPENDING";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEPS: readonly Step[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html */
export const rotateSecret = operation(
  RotateSecret$,
  (scope, { SecretId, ClientRequestToken, RotationLambdaARN, RotationRules, RotateImmediately = true, ...external }) => {
    const { secret, scope: home } = requireLive(scope, SecretId!);
    if (Object.values(external).some((value) => value !== undefined))
      fault("NotImplemented", "Slipway does not implement the rotation of secrets of partners.", 501);
    const token = ClientRequestToken ?? scope.id.uuid();
    const known = rotations.get(home, secret.id);
    const lambdaArn = RotationLambdaARN ?? known?.lambdaArn;
    if (lambdaArn === undefined) fault(InvalidRequestException, "No Lambda rotation function ARN is associated with this secret.");
    putRotation(home, secret, { lambdaArn: lambdaArn!, rules: stored(RotationRules) ?? known?.rules ?? {} });
    startRotation(home, secret.id, token, RotateImmediately);
    return { ARN: secret.arn, Name: secret.id, ...(RotateImmediately && { VersionId: token }) };
  },
  { partial: "schedules by days and by rate(); a window's duration is kept" },
);

export const cancelRotateSecret = operation(CancelRotateSecret$, (scope, { SecretId }) => {
  const { secret, scope: home } = requireLive(scope, SecretId!);
  const rotation = rotations.get(home, secret.id);
  if (rotation !== undefined) rotations.patch(home, secret.id, { enabled: false, run: undefined, nextAt: undefined });
  const pending = inStage(secret, PENDING);
  return { ARN: secret.arn, Name: secret.id, ...(pending !== undefined && { VersionId: pending }) };
});

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
export const updateSecretVersionStage = operation(
  UpdateSecretVersionStage$,
  (scope, { SecretId, VersionStage: stage, RemoveFromVersionId, MoveToVersionId }) => {
    const { secret, scope: home } = requireLive(scope, SecretId!);
    const holder = inStage(secret, stage!);
    if (MoveToVersionId === undefined && stage === CURRENT)
      fault(
        InvalidParameterException,
        "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.",
      );
    if (MoveToVersionId !== undefined && secret.versions[MoveToVersionId] === undefined)
      fault(InvalidParameterException, `Version ${MoveToVersionId} is not a version of the secret.`);
    if (holder !== undefined && holder !== MoveToVersionId && RemoveFromVersionId !== holder) {
      fault(
        InvalidParameterException,
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    moveStage(home, secret, stage!, MoveToVersionId);
    return { ARN: secret.arn, Name: secret.id };
  },
);

export function putRotation(scope: Scope, { id }: Secret, said: Pick<Rotation, "lambdaArn" | "rules">): Rotation {
  if (!said.lambdaArn.startsWith("arn:aws:lambda:")) fault(InvalidParameterException, "RotationLambdaARN is not the ARN of a function.");
  intervalMsOf(said.rules);
  const { run, rotatedAt } = rotations.get(scope, id) ?? {};
  const rotation = { id, ...said, enabled: true, ...(run && { run }), ...(rotatedAt !== undefined && { rotatedAt }) };
  return rotations.put(scope, withNext(rotation, scope.clock.now()));
}

/** Begin a rotation; one that is under way goes on. Without haste, only try whether the function could. */
export function startRotation(scope: Scope, id: string, token: string, immediately: boolean): void {
  const rotation = rotations.get(scope, id)!;
  if (rotation.run !== undefined) return;
  const secret = secrets.get(scope, id)!;
  const known = secret.versions[token];
  if (known !== undefined && !known.stages.includes(PENDING))
    fault(InvalidRequestException, "A previous rotation isn't complete. That rotation will be reattempted.");
  const version = known ?? { stages: [], createdAt: scope.clock.now() };
  secrets.patch(scope, id, { versions: { ...secret.versions, [token]: version } });
  moveStage(scope, secrets.get(scope, id)!, PENDING, token);
  rotations.patch(scope, id, { run: { token, steps: immediately ? STEPS : ["testSecret"], done: 0 }, failure: undefined });
}

/** A rotation that was carried out, or only tried. */
export function endRotation(scope: Scope, rotation: Rotation, failure?: string): void {
  const now = scope.clock.now();
  const { run, ...rest } = rotation;
  const secret = secrets.get(scope, rotation.id)!;
  const { [run!.token]: version, ...others } = secret.versions;
  // What was never given a value is not kept.
  if (version !== undefined && version.text === undefined && version.base64 === undefined)
    secrets.patch(scope, secret.id, { versions: others });
  const rotated = failure === undefined && run!.steps.length === STEPS.length;
  rotations.put(scope, withNext({ ...rest, ...(rotated && { rotatedAt: now }), ...(failure !== undefined && { failure }) }, now));
}

/** Put a stage on a version, and take it from the one that had it; what was current is previous. */
function moveStage(scope: Scope, secret: Secret, stage: string, to: string | undefined): void {
  const from = inStage(secret, stage);
  if (from === to) return;
  const versions = Object.entries(secret.versions).map(([id, version]) => {
    const left = version.stages.filter((one) => one !== stage && !(one === PREVIOUS && stage === CURRENT));
    const gained = [...(id === to ? [stage] : []), ...(id === from && stage === CURRENT ? [PREVIOUS] : [])];
    return [id, { ...version, stages: [...left, ...gained] }];
  });
  secrets.patch(scope, secret.id, { versions: Object.fromEntries(versions), changedAt: scope.clock.now() });
}

function withNext({ nextAt: _, ...rotation }: Rotation, now: number): Rotation {
  const intervalMs = intervalMsOf(rotation.rules);
  return intervalMs === undefined ? rotation : { ...rotation, nextAt: now + intervalMs };
}

/** How long it is from one rotation to the next; undefined where there is no schedule. */
function intervalMsOf({ AutomaticallyAfterDays: days, ScheduleExpression: schedule }: Stored<RotationRulesType>): number | undefined {
  if (days !== undefined && schedule !== undefined)
    fault(InvalidParameterException, "You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  if (days !== undefined) return days * DAY_MS;
  if (schedule === undefined) return undefined;
  if (schedule.startsWith("cron(")) fault("NotImplemented", "Slipway does not implement rotation schedules of cron().", 501);
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule) ?? fault(InvalidParameterException, "Invalid rotation schedule.");
  return Number(count) * (unit === "day" ? DAY_MS : HOUR_MS);
}
