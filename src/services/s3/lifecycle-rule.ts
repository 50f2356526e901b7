import type { Stored } from "../../kernel/json.ts";
import { sameJson } from "../../kernel/json.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { LifecycleRule, LifecycleRuleFilter, TransitionDefaultMinimumObjectSize } from "../../sdk/s3.js";
import type { Version } from "./version.ts";

/** The lifecycle configuration of a bucket, by its name, and how far its daily round has come. */
export interface Lifecycle extends Row {
  readonly rules: readonly Stored<LifecycleRule>[];
  readonly minimumSize: TransitionDefaultMinimumObjectSize;
  /** As its template declares it, and the rules that this came to. */
  readonly declared?: { readonly properties: Readonly<Record<string, any>>; readonly rules: Lifecycle["rules"] };
  /** When the next round begins, or the current one began. */
  readonly dueAt: number;
  /** Where in the list of versions the current round is; absent between the rounds. */
  readonly round?: Round;
}

export interface Round {
  readonly stage: "versions" | "uploads";
  /** The position that was dealt with last; empty before the first. */
  readonly after: string;
  /** The key of that position, and how many noncurrent versions of it were kept so far. */
  readonly key: string;
  readonly newerNoncurrent: number;
}

export const lifecycles = new Table<Lifecycle>("s3/lifecycle");

const DAY = 86_400_000;

/** Rounds begin at midnight UTC: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days */
export const nextMidnight = (now: number): number => (Math.floor(now / DAY) + 1) * DAY;

/** Whether a number of days have passed since, rounded up to the next midnight. */
const isPast = (since: number, days: number, now: number): boolean => Math.ceil((since + days * DAY) / DAY) * DAY <= now;

/** What one of the rules says has to happen to a version now. */
export function isExpired(rules: readonly Stored<LifecycleRule>[], version: Version, standing: Standing, now: number): boolean {
  return rules.some((rule) => rule.Status === "Enabled" && matches(rule, version) && expires(rule, version, standing, now));
}

/** How a version stands among those of its key. */
export interface Standing {
  readonly isCurrent: boolean;
  /** Whether no other version of the key is left. */
  readonly isAlone: boolean;
  /** How many noncurrent versions are newer and kept. */
  readonly newerNoncurrent: number;
}

export const abortsUploads = (rules: readonly Stored<LifecycleRule>[], key: string, initiatedAt: number, now: number): boolean =>
  rules.some(({ Status, AbortIncompleteMultipartUpload, ...rule }) => {
    const days = AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    return Status === "Enabled" && days !== undefined && key.startsWith(prefixOf(rule)) && isPast(initiatedAt, days, now);
  });

function expires(rule: Stored<LifecycleRule>, version: Version, { isCurrent, isAlone, newerNoncurrent }: Standing, now: number): boolean {
  if (!isCurrent) {
    const { NoncurrentDays, NewerNoncurrentVersions = 0 } = rule.NoncurrentVersionExpiration ?? {};
    return (
      NoncurrentDays !== undefined && newerNoncurrent >= NewerNoncurrentVersions && isPast(version.noncurrentAt ?? now, NoncurrentDays, now)
    );
  }
  const { Days, Date: at, ExpiredObjectDeleteMarker } = rule.Expiration ?? {};
  if (version.deleteMarker)
    return isAlone && (ExpiredObjectDeleteMarker === true || (Days !== undefined && isPast(version.modifiedAt, Days, now)));
  return (Days !== undefined && isPast(version.modifiedAt, Days, now)) || (at !== undefined && at <= now);
}

/** Whether a rule is about a version: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html */
function matches(rule: Stored<LifecycleRule>, { key, size, tags = {}, deleteMarker }: Version): boolean {
  const filter = conjunction(rule.Filter);
  if (!key.startsWith(prefixOf(rule))) return false;
  if (deleteMarker) return filter.tags.length === 0;
  if (filter.above !== undefined && size <= filter.above) return false;
  if (filter.below !== undefined && size >= filter.below) return false;
  return filter.tags.every(({ Key, Value }) => sameJson(tags[Key!], Value));
}

const prefixOf = ({ Prefix, Filter }: Pick<Stored<LifecycleRule>, "Prefix" | "Filter">): string =>
  Prefix ?? Filter?.Prefix ?? Filter?.And?.Prefix ?? "";

function conjunction(filter: Stored<LifecycleRuleFilter> | undefined) {
  const { Tag, And } = filter ?? {};
  return {
    tags: [...(Tag === undefined ? [] : [Tag]), ...(And?.Tags ?? [])],
    above: filter?.ObjectSizeGreaterThan ?? And?.ObjectSizeGreaterThan,
    below: filter?.ObjectSizeLessThan ?? And?.ObjectSizeLessThan,
  };
}
