import type { Loop } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Bucket, buckets } from "./bucket.ts";
import { announce } from "./event.ts";
import { abortsUploads, isExpired, type Lifecycle, lifecycles, nextMidnight, type Round } from "./lifecycle-rule.ts";
import { versionShelf } from "./list-versions.ts";
import { dropUpload, uploads } from "./upload.ts";
import { erase, isLatest, objectId, olderVersions, placeMarker, positionOf, type Version } from "./version.ts";

/** How many versions or uploads one turn looks at. */
const BATCH = 200;
const START: Round = { stage: "versions", after: "", key: "", newerNoncurrent: 0 };

/**
 * Once a day, deals with what a bucket's rules let expire. Between the rounds it reads no objects, so that putting one
 * does not wake it.
 */
export const lifecycleLoop: Loop<Lifecycle> = {
  table: lifecycles,
  turn(scope, lifecycle) {
    const now = scope.clock.now();
    const { id, dueAt, round } = lifecycle;
    if (now < dueAt) return { wakeAt: dueAt, kind: "tick", because: `the next round over ${id} begins at midnight UTC` };
    const bucket = buckets.get(scope, id);
    if (bucket === undefined) return lifecycles.remove(scope, id);
    const next = step(scope, bucket, lifecycle, round ?? START);
    if (next === undefined) lifecycles.patch(scope, id, { round: undefined, dueAt: nextMidnight(now) });
    else lifecycles.patch(scope, id, { round: next });
  },
};

/** Deal with one batch; answers where the round goes on, or undefined at its end. */
function step(scope: Scope, bucket: Bucket, lifecycle: Lifecycle, round: Round): Round | undefined {
  return round.stage === "versions" ? stepVersions(scope, bucket, lifecycle, round) : stepUploads(scope, bucket, lifecycle, round);
}

function stepVersions(scope: Scope, bucket: Bucket, { rules, dueAt }: Lifecycle, round: Round): Round {
  const batch = versionShelf(scope, bucket.id).read("", round.after === "" ? undefined : round.after, BATCH);
  let { key, newerNoncurrent } = round;
  for (const version of batch) {
    if (version.key !== key) {
      key = version.key;
      newerNoncurrent = 0;
    }
    const isCurrent = isLatest(version);
    const isAlone = version.deleteMarker === true && isCurrent && olderOf(scope, bucket, version).length === 1;
    if (isExpired(rules, version, { isCurrent, isAlone, newerNoncurrent }, dueAt)) expire(scope, bucket, version);
    else if (!isCurrent) newerNoncurrent++;
  }
  const last = batch.at(-1);
  if (last === undefined || batch.length < BATCH) return { ...START, stage: "uploads" };
  return { stage: "versions", after: positionOf(bucket.id, last), key, newerNoncurrent };
}

/** The marker itself, and the version below it, if any. */
const olderOf = (scope: Scope, bucket: Bucket, { key }: Version): Version[] =>
  olderVersions.list(scope, `${objectId(bucket.id, key)}\0`, { limit: 2 });

/** A current version gets a delete marker above it where there are versions; all else goes for good. */
function expire(scope: Scope, bucket: Bucket, version: Version): void {
  const reason = "Lifecycle Expiration";
  if (isLatest(version) && !version.deleteMarker && bucket.versioning !== undefined) {
    announce(scope, bucket, placeMarker(scope, bucket, version.key), { kind: "marked", reason });
    return;
  }
  erase(scope, bucket, version);
  announce(scope, bucket, version, { kind: "deleted", reason });
}

function stepUploads(scope: Scope, bucket: Bucket, { rules, dueAt }: Lifecycle, { after }: Round): Round | undefined {
  const batch = uploads.list(scope, `${bucket.id}/`, { limit: BATCH, ...(after !== "" && { after: `${bucket.id}/${after}` }) });
  for (const upload of batch) if (abortsUploads(rules, upload.key, upload.initiatedAt, dueAt)) dropUpload(scope, upload);
  const last = batch.at(-1);
  return last === undefined || batch.length < BATCH ? undefined : { ...START, stage: "uploads", after: positionOf(bucket.id, last) };
}
