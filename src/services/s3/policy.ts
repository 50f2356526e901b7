import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { DeleteBucketPolicy$, GetBucketPolicy$, GetBucketPolicyStatus$, PutBucketPolicy$ } from "../../sdk/s3.js";
import { type Bucket, bucketArn, buckets, requireBucket } from "./bucket.ts";
import { refuse } from "./refusal.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html: 20 KB. */
const POLICY_BYTES_MAX = 20_480;

export const putBucketPolicy = operation(
  PutBucketPolicy$,
  (scope, input) => {
    setPolicy(scope, requireBucket(scope, input).bucket, input.Policy!);
    return {};
  },
  { partial: "the policy is kept and shown, and does not decide" },
);

export const getBucketPolicy = operation(GetBucketPolicy$, (scope, input) => ({
  Policy: requirePolicy(requireBucket(scope, input).bucket),
}));

export const getBucketPolicyStatus = operation(GetBucketPolicyStatus$, (scope, input) => ({
  PolicyStatus: { IsPublic: isPublic(JSON.parse(requirePolicy(requireBucket(scope, input).bucket))) },
}));

export const deleteBucketPolicy = operation(DeleteBucketPolicy$, (scope, input) => {
  buckets.patch(scope, requireBucket(scope, input).bucket.id, { policy: undefined });
  return {};
});

/** Refuses what is no policy of this bucket. */
export function setPolicy(scope: Scope, bucket: Bucket, text: string): void {
  const document = parsed(text);
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) malformed("Policy exceeds the maximum allowed document size.");
  const statements = statementsOf(document);
  if (statements.length === 0) malformed("Missing required field Statement");
  for (const statement of statements) checkStatement(statement, bucketArn(bucket.id));
  if (bucket.publicAccess?.BlockPublicPolicy && isPublic(document)) {
    const why = "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.";
    const message = `User: ${scope.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "${bucketArn(bucket.id)}" ${why}`;
    refuse("AccessDenied", message, 403);
  }
  buckets.patch(scope, bucket.id, { policy: text });
}

function checkStatement(statement: Readonly<Record<string, unknown>>, arn: string): void {
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") malformed(`Invalid effect: ${String(statement["Effect"] ?? "")}`);
  if (statement["Principal"] === undefined && statement["NotPrincipal"] === undefined) malformed("Missing required field Principal");
  if (statement["Action"] === undefined && statement["NotAction"] === undefined) malformed("Missing required field Action");
  if (statement["Resource"] === undefined && statement["NotResource"] === undefined) malformed("Missing required field Resource");
  if (!texts(statement["Resource"]).every((resource) => isWithin(resource, arn))) malformed("Policy has invalid resource");
}

/** Whether a resource of a statement is the bucket, or something in it; of a wildcard, what stands before it has to fit. */
function isWithin(resource: string, arn: string): boolean {
  const [literal = ""] = resource.split(/[*?]/, 1);
  return resource === arn || literal.startsWith(`${arn}/`) || (literal !== resource && arn.startsWith(literal));
}

/**
 * Whether a policy lets in whom nobody knows: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
 * A statement with conditions counts as not public.
 */
function isPublic(document: Readonly<Record<string, unknown>>): boolean {
  return statementsOf(document).some(({ Effect, Principal, Condition }) => {
    const everybody = Principal === "*" || texts((Principal as { AWS?: unknown } | undefined)?.AWS).includes("*");
    return Effect === "Allow" && everybody && Condition === undefined;
  });
}

const requirePolicy = ({ id, policy }: Bucket): string =>
  policy ?? refuse("NoSuchBucketPolicy", "The bucket policy does not exist", 404, { BucketName: id });

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // What is no JSON is no policy, just as JSON that is no object.
  }
  return malformed("Policies must be valid JSON and the first byte must be '{'");
}

function statementsOf({ Statement }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  if (Array.isArray(Statement)) return Statement;
  return typeof Statement === "object" && Statement !== null ? [Statement as Readonly<Record<string, unknown>>] : [];
}

const texts = (value: unknown): string[] => (typeof value === "string" ? [value] : Array.isArray(value) ? value : []);

const malformed = (message: string): never => refuse("MalformedPolicy", message);
