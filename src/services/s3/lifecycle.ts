import { stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  DeleteBucketLifecycle$,
  GetBucketLifecycleConfiguration$,
  type LifecycleRule,
  PutBucketLifecycleConfiguration$,
  type TransitionDefaultMinimumObjectSize,
} from "../../sdk/s3.js";
import { requireBucket } from "./bucket.ts";
import { type Lifecycle, lifecycles, nextMidnight } from "./lifecycle-rule.ts";
import { malformedXml, refuse } from "./refusal.ts";

const RULES_MAX = 1000;

export const putBucketLifecycleConfiguration = operation(
  PutBucketLifecycleConfiguration$,
  (scope, input) => {
    const { bucket, home } = requireBucket(scope, input);
    const row = setLifecycle(home, bucket.id, input.LifecycleConfiguration?.Rules, input.TransitionDefaultMinimumObjectSize);
    return { TransitionDefaultMinimumObjectSize: row.minimumSize };
  },
  { partial: "transitions between storage classes are kept and shown, and do not happen" },
);

export const getBucketLifecycleConfiguration = operation(GetBucketLifecycleConfiguration$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  const row = lifecycles.get(home, bucket.id);
  if (row === undefined) {
    return refuse("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404, { BucketName: bucket.id });
  }
  return { Rules: row.rules.map(shownRule), TransitionDefaultMinimumObjectSize: row.minimumSize };
});

export const deleteBucketLifecycle = operation(DeleteBucketLifecycle$, (scope, input) => {
  const { bucket, home } = requireBucket(scope, input);
  lifecycles.remove(home, bucket.id);
  return {};
});

/** Have these rules from the next midnight on. */
export function setLifecycle(
  home: Scope,
  bucket: string,
  rules: readonly LifecycleRule[] = [],
  minimumSize: TransitionDefaultMinimumObjectSize = "all_storage_classes_128K",
): Lifecycle {
  if (rules.length === 0 || rules.length > RULES_MAX) malformedXml();
  for (const rule of rules) checkRule(rule);
  const named = rules.map((rule) => ({ ...rule, ID: rule.ID ?? home.id.uuid() }));
  if (new Set(named.map(({ ID }) => ID)).size < named.length) {
    refuse("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule");
  }
  return lifecycles.put(home, { id: bucket, rules: stored(named), minimumSize, dueAt: nextMidnight(home.clock.now()) });
}

function checkRule({ Status, ID = "", ...rule }: LifecycleRule): void {
  if (Status !== "Enabled" && Status !== "Disabled") malformedXml();
  if (ID.length > 255) refuse("InvalidArgument", "ID length should not exceed allowed limit of 255");
  const actions = [
    rule.Expiration,
    rule.NoncurrentVersionExpiration,
    rule.AbortIncompleteMultipartUpload,
    rule.Transitions,
    rule.NoncurrentVersionTransitions,
  ];
  if (actions.every((action) => action === undefined)) {
    refuse("InvalidRequest", "At least one action needs to be specified in a rule");
  }
  if (rule.Filter !== undefined && rule.Prefix !== undefined) malformedXml();
  const days = [rule.Expiration?.Days, rule.NoncurrentVersionExpiration?.NoncurrentDays];
  if (days.some((count) => count !== undefined && count <= 0)) {
    refuse("InvalidArgument", "'Days' for Expiration action must be a positive integer");
  }
}

/** A rule with its instants as the API has them. */
export function shownRule({ Expiration, Transitions, ...rule }: Lifecycle["rules"][number]): LifecycleRule {
  const dated = <T extends { Date?: number | undefined }>({ Date: at, ...rest }: T) => ({
    ...rest,
    ...(at !== undefined && { Date: new Date(at) }),
  });
  return {
    ...(rule as LifecycleRule),
    ...(Expiration !== undefined && { Expiration: dated(Expiration) }),
    ...(Transitions !== undefined && { Transitions: Transitions.map(dated) }),
  };
}
