import { isFault } from "../../kernel/fault.ts";
import { present, sameJson } from "../../kernel/json.ts";
import { nameWithin, type Progress, type ResourceRequest, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { publicAccessOf } from "./access.ts";
import { ALL_BLOCKED, type Bucket, bucketArn, buckets, dropBucket, ENCRYPTION_BY_DEFAULT, makeBucket, requireBucket } from "./bucket.ts";
import { corsRules } from "./cors.ts";
import { encryptionRules } from "./encryption.ts";
import { setLifecycle } from "./lifecycle.ts";
import { lifecycles } from "./lifecycle-rule.ts";
import { loggingOf } from "./logging.ts";
import { setNotification } from "./notification.ts";
import { setPolicy } from "./policy.ts";
import {
  corsFrom,
  corsTo,
  encryptionFrom,
  encryptionTo,
  isTrue,
  lifecycleFrom,
  lifecycleTo,
  loggingFrom,
  loggingTo,
  notificationFrom,
  notificationTo,
  type Properties,
} from "./properties.ts";

const NAME_LENGTH_MAX = 63;

/** What each property does to a bucket; undefined where it is declared no more. */
const SETTINGS: Readonly<Record<string, (home: Scope, bucket: Bucket, declared: Properties | undefined) => unknown>> = {
  BucketEncryption: (home, { id }, declared) =>
    buckets.patch(home, id, { encryption: declared === undefined ? ENCRYPTION_BY_DEFAULT : encryptionRules(encryptionFrom(declared)) }),
  VersioningConfiguration: (home, bucket, declared) => setVersioning(home, bucket, declared?.["Status"]),
  PublicAccessBlockConfiguration: (home, { id }, declared) =>
    buckets.patch(home, id, { publicAccess: declared === undefined ? ALL_BLOCKED : publicAccessOf(booleans(declared)) }),
  OwnershipControls: (home, { id }, declared) =>
    buckets.patch(home, id, { ownership: declared?.["Rules"][0]?.ObjectOwnership ?? "BucketOwnerEnforced" }),
  CorsConfiguration: (home, { id }, declared) =>
    buckets.patch(home, id, { cors: declared === undefined ? undefined : corsRules(corsFrom(declared)) }),
  LoggingConfiguration: (home, bucket, declared) =>
    buckets.patch(home, bucket.id, { logging: loggingOf(home, bucket, declared && loggingFrom(bucket, declared)) }),
  LifecycleConfiguration: (home, { id }, declared) => declareLifecycle(home, id, declared),
  NotificationConfiguration: (home, bucket, declared) =>
    setNotification(home, bucket, declared === undefined ? {} : notificationFrom(declared), false),
};

const ABSENT = {
  AbacStatus: ["Disabled"],
  AccelerateConfiguration: [],
  AccessControl: ["Private", "BucketOwnerFullControl"],
  AnalyticsConfigurations: [],
  "BucketEncryption/ServerSideEncryptionConfiguration/BlockedEncryptionTypes": [],
  BucketNamePrefix: [],
  BucketNamespace: ["global"],
  IntelligentTieringConfigurations: [],
  InventoryConfigurations: [],
  MetadataConfiguration: [],
  MetadataTableConfiguration: [],
  MetricsConfigurations: [],
  ObjectLockConfiguration: [],
  ObjectLockEnabled: [false],
  ReplicationConfiguration: [],
  WebsiteConfiguration: [],
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html; its id is its name. */
export const bucketResource: ResourceType<Properties> = {
  type: "AWS::S3::Bucket",
  absent: ABSENT,
  ensure(scope, declared, id, request) {
    const name: string =
      id ?? declared["BucketName"] ?? nameWithin(NAME_LENGTH_MAX, request.generatedName, request.logicalId).toLowerCase();
    const progress = attempt(() => {
      if (id === undefined) create(scope, name, request.token);
      const { home } = requireBucket(scope, { Bucket: name });
      for (const [property, apply] of Object.entries(SETTINGS)) {
        if (declared[property] === undefined && request.previous?.[property] === undefined) continue;
        apply(home, requireBucket(scope, { Bucket: name }).bucket, declared[property]);
      }
      const tags = allTags(request.tags, declared["Tags"]);
      buckets.patch(home, name, { tags: Object.keys(tags).length > 0 ? tags : undefined });
      return name;
    });
    // A bucket that came to be before something else failed has to be known, so that it is removed again.
    const isMade = progress.state === "failed" && buckets.get(scope, name)?.madeBy === request.token;
    return isMade ? { ...progress, id: name } : progress;
  },
  read(scope, id) {
    const bucket = buckets.get(scope, id);
    if (bucket === undefined || bucket.account !== scope.account) return undefined;
    const { publicAccess, ownership, versioning, cors, logging, notification = {}, tags } = bucket;
    return present({
      BucketName: id,
      BucketEncryption: encryptionTo(bucket.encryption),
      PublicAccessBlockConfiguration: publicAccess,
      OwnershipControls: ownership && { Rules: [{ ObjectOwnership: ownership }] },
      VersioningConfiguration: versioning && { Status: versioning },
      CorsConfiguration: cors && corsTo(cors),
      LoggingConfiguration: logging && loggingTo(logging),
      NotificationConfiguration: notificationTo(notification),
      LifecycleConfiguration: liveLifecycle(scope.in(bucket), id),
      AbacStatus: "Disabled",
      ObjectLockEnabled: false,
      Tags: tagList(tags),
      ...addressesOf(bucket),
    });
  },
  remove: (scope, id) =>
    attempt(() => {
      const bucket = buckets.get(scope, id);
      if (bucket !== undefined && bucket.account === scope.account) dropBucket(scope.in(bucket), bucket);
      return id;
    }),
  list: (scope) => namesOf(scope, () => true),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html; its id is the bucket's name. */
export const bucketPolicyResource: ResourceType<Properties> = {
  type: "AWS::S3::BucketPolicy",
  ensure: (scope, declared, id, { previous }) =>
    attempt(() => {
      const { bucket } = requireBucket(scope, { Bucket: declared["Bucket"] });
      const policy = declared["PolicyDocument"];
      const text = typeof policy === "string" ? policy : JSON.stringify(policy);
      if (id === undefined && previous === undefined && bucket.policy !== undefined && bucket.policy !== text) {
        return failed(`The bucket policy already exists on bucket ${bucket.id}.`);
      }
      setPolicy(scope, bucket, text);
      return bucket.id;
    }),
  read(scope, id) {
    const policy = buckets.get(scope, id)?.policy;
    return policy === undefined ? undefined : { Bucket: id, PolicyDocument: JSON.parse(policy) };
  },
  remove(scope, id) {
    if (buckets.get(scope, id) !== undefined) buckets.patch(scope, id, { policy: undefined });
    return { state: "done", id };
  },
  list: (scope) => namesOf(scope, ({ policy }) => policy !== undefined),
};

const namesOf = (scope: Scope, isWanted: (bucket: Bucket) => boolean): string[] =>
  buckets
    .by(scope, "account", scope.account)
    .filter((bucket) => bucket.region === scope.region && isWanted(bucket))
    .map(({ id }) => id);

const addressesOf = ({ id, region }: Bucket): Properties => ({
  Arn: bucketArn(id),
  DomainName: `${id}.s3.amazonaws.com`,
  RegionalDomainName: `${id}.s3.${region}.amazonaws.com`,
  DualStackDomainName: `${id}.s3.dualstack.${region}.amazonaws.com`,
  WebsiteURL: `http://${id}.s3-website${DASHED.has(region) ? "-" : "."}${region}.amazonaws.com`,
});

function declareLifecycle(home: Scope, id: string, declared: Properties | undefined): void {
  if (declared === undefined) return lifecycles.remove(home, id);
  setLifecycle(home, id, lifecycleFrom(declared), declared["TransitionDefaultMinimumObjectSize"]);
  lifecycles.patch(home, id, { declared: { properties: declared, rules: lifecycles.get(home, id)!.rules } });
}

/** As its template has it for as long as nobody has changed it: a template has several ways to say the same. */
function liveLifecycle(home: Scope, id: string): Properties | undefined {
  const lifecycle = lifecycles.get(home, id);
  if (lifecycle === undefined) return undefined;
  const { declared, rules, minimumSize } = lifecycle;
  if (declared === undefined || !sameJson(declared.rules, rules)) return lifecycleTo(lifecycle);
  return { ...declared.properties, TransitionDefaultMinimumObjectSize: minimumSize };
}

/** https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints: the oldest regions write it with a dash. */
const DASHED: ReadonlySet<string> = new Set([
  "us-east-1",
  "us-west-1",
  "us-west-2",
  "eu-west-1",
  "sa-east-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-northeast-1",
]);

/** A fresh bucket; asking again with the same token finds the one made before. */
function create(scope: Scope, name: string, token: ResourceRequest["token"]): void {
  const known = buckets.get(scope, name);
  if (known !== undefined && known.madeBy === token && known.account === scope.account) return;
  if (known !== undefined) failed(`${name} already exists`);
  const bucket = makeBucket(scope, name, scope.region, {});
  buckets.patch(scope, bucket.id, { madeBy: token });
}

/** What was enabled once can only be suspended. */
function setVersioning(home: Scope, { id, versioning }: Bucket, status: Bucket["versioning"]): void {
  if (status === "Enabled") buckets.patch(home, id, { versioning: status });
  else if (versioning !== undefined || status !== undefined) buckets.patch(home, id, { versioning: "Suspended" });
}

const booleans = (declared: Properties): Record<string, boolean> =>
  Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, isTrue(value)]));

class Failed extends Error {}

const failed = (reason: string): never => {
  throw new Failed(reason);
};

function attempt(work: () => string): Progress {
  try {
    return { state: "done", id: work() };
  } catch (error) {
    if (error instanceof Failed) return { state: "failed", reason: error.message };
    if (!isFault(error)) throw error;
    return { state: "failed", reason: `${error.message} (Service: S3, Status Code: ${error.status ?? 400})` };
  }
}
