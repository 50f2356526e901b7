import { asList, asSection, copyOf, hasMember, isAbsent, isList, isSame, isSection, isText, type Section, type Value } from "../draft.ts";
import { expectList, expectMap, resourceOwner } from "../expect.ts";
import { either, ref } from "../intrinsic.ts";
import { invalidEvent, invalidResource } from "../invalid.ts";
import { listOf, mapOf, may, must, mustBeLiteral, oneOf, text } from "../property.ts";
import type { Resource } from "../resource.ts";
import { tagList } from "../tag.ts";
import { arnOf, type EventSource, type Invoked, permission } from "./event-source.ts";
import { again, type Existing, referredTo } from "./existing.ts";

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-s3.html */
export const s3: EventSource = {
  type: "S3",
  properties: { Bucket: must(text), Events: mustBeLiteral(oneOf(text, listOf(text))), Filter: may(mapOf(text)) },
  link(event, context) {
    const wrongRef = () => invalidEvent(event.name, "'Ref' value in S3 events is not a valid string.");
    if (referredTo(event.properties["Bucket"], context, wrongRef) !== undefined) return;
    throw invalidEvent(event.name, "S3 events must reference an S3 bucket in the same template.");
  },
  transform(event, invoked, context) {
    const { Bucket, Events, Filter } = event.properties;
    const wrongRef = () => invalidEvent(event.name, "'Ref' value in S3 events is not a valid string.");
    const bucket = referredTo(Bucket, context, wrongRef)!;
    const allowed = permission(event, invoked, { principal: "s3.amazonaws.com", sourceAccount: ref("AWS::AccountId") });
    letWaitFor(allowed, bucket, event.id);
    const base = { Function: arnOf(invoked.target), ...(isAbsent(Filter) ? {} : { Filter }) };
    notify(
      bucket,
      asList(Events).map((type) => ({ ...copyOf(base), Event: type })),
      invoked,
    );
    return [allowed, again(bucket, "AWS::S3::Bucket", BUCKET)];
  },
};

/**
 * S3 refuses to notify a function that it may not invoke, so the bucket waits for the permission. Where the permission is
 * under a condition, a bucket cannot depend on it: a tag refers to it instead.
 */
function letWaitFor({ id, attributes }: Resource, { id: bucketId, section }: Existing, eventId: string): void {
  if (hasMember(attributes, "Condition")) {
    if (isAbsent(section["Properties"])) section["Properties"] = {};
    const properties = asSection(section["Properties"]);
    const tags = isAbsent(properties["Tags"]) ? [] : expectList(properties["Tags"], resourceOwner(bucketId), "Tags");
    const wait = { [`sam:ConditionalDependsOn:${id}`]: either(attributes["Condition"], ref(id), "no dependency") };
    properties["Tags"] = [...tags, ...tagList(wait)];
    return;
  }
  const named = section["DependsOn"];
  const list = named === undefined ? [] : isText(named) ? [named] : isSection(named) ? Object.keys(named) : named;
  if (!isList(list) || list.some((one) => isSection(one) || isList(one))) {
    throw invalidResource(eventId, "Invalid type for field 'DependsOn'. Expected a string or list of strings.");
  }
  section["DependsOn"] = [...new Set([...list, id])];
}

function notify({ id, section }: Existing, mappings: readonly Section[], { target }: Invoked): void {
  const owner = resourceOwner(id);
  const properties = expectMap(section["Properties"] ?? {}, owner, "", "Properties should be a map.");
  section["Properties"] = properties;
  if (isAbsent(properties["NotificationConfiguration"])) properties["NotificationConfiguration"] = {};
  const configuration = expectMap(properties["NotificationConfiguration"], owner, "NotificationConfiguration");
  if (isAbsent(configuration["LambdaConfigurations"])) configuration["LambdaConfigurations"] = [];
  const all: Value = configuration["LambdaConfigurations"];
  if (!isList(all)) throw invalidResource(id, "Invalid type for LambdaConfigurations. Must be a list.");
  for (const mapping of mappings) {
    const one = hasMember(target.attributes, "Condition") ? either(target.attributes["Condition"], mapping) : mapping;
    if (!all.some((each) => isSame(each, one))) all.push(one);
  }
}

const BUCKET = new Set(
  `AccessControl AccelerateConfiguration AnalyticsConfigurations BucketEncryption BucketName CorsConfiguration
  IntelligentTieringConfigurations InventoryConfigurations LifecycleConfiguration LoggingConfiguration MetricsConfigurations
  NotificationConfiguration ObjectLockConfiguration ObjectLockEnabled OwnershipControls PublicAccessBlockConfiguration
  ReplicationConfiguration Tags VersioningConfiguration WebsiteConfiguration`.split(/\s+/),
);
