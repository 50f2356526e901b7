import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { type CORSRule, DeleteBucketCors$, GetBucketCors$, PutBucketCors$ } from "../../sdk/s3.js";
import { buckets, requireBucket } from "./bucket.ts";
import { malformedXml, refuse } from "./refusal.ts";

const RULES_MAX = 100;
const METHODS: readonly string[] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

export const putBucketCors = operation(
  PutBucketCors$,
  (scope, input) => {
    const { bucket } = requireBucket(scope, input);
    buckets.patch(scope, bucket.id, { cors: corsRules(input.CORSConfiguration?.CORSRules) });
    return {};
  },
  { partial: "the rules are kept and shown; answers to browsers do not follow them" },
);

export const getBucketCors = operation(GetBucketCors$, (scope, input) => {
  const { id, cors } = requireBucket(scope, input).bucket;
  if (cors === undefined) refuse("NoSuchCORSConfiguration", "The CORS configuration does not exist", 404, { BucketName: id });
  return { CORSRules: [...cors!] as CORSRule[] };
});

export const deleteBucketCors = operation(DeleteBucketCors$, (scope, input) => {
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { cors: undefined });
  return {};
});

export function corsRules(rules: readonly CORSRule[] = []): Stored<CORSRule>[] {
  if (rules.length === 0 || rules.length > RULES_MAX) malformedXml();
  for (const { AllowedMethods = [], AllowedOrigins = [] } of rules) {
    if (AllowedMethods.length === 0 || AllowedOrigins.length === 0) malformedXml();
    const unknown = AllowedMethods.find((method) => !METHODS.includes(method));
    if (unknown !== undefined) {
      refuse("InvalidRequest", `Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`);
    }
  }
  return rules.map((rule) => stored(rule));
}
