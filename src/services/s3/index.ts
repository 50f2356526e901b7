import { service } from "../../kernel/service.ts";
import * as access from "./access.ts";
import { getObjectAttributes } from "./attributes.ts";
import * as bucket from "./bucket.ts";
import { copyObject } from "./copy.ts";
import * as cors from "./cors.ts";
import { deleteObject, deleteObjects } from "./delete.ts";
import * as encryption from "./encryption.ts";
import { getObject, headObject } from "./get.ts";
import { lifecycleLoop } from "./lifecycle.loop.ts";
import * as lifecycle from "./lifecycle.ts";
import { lifecycles } from "./lifecycle-rule.ts";
import { listObjects, listObjectsV2 } from "./list-objects.ts";
import { listMultipartUploads, listParts } from "./list-uploads.ts";
import { listObjectVersions } from "./list-versions.ts";
import { getBucketLogging, putBucketLogging } from "./logging.ts";
import * as multipart from "./multipart.ts";
import * as notification from "./notification.ts";
import * as policy from "./policy.ts";
import { putObject } from "./put.ts";
import { objectReference, urlReference } from "./reference.ts";
import { bucketPolicyResource, bucketResource } from "./resources.ts";
import * as tagging from "./tagging.ts";
import * as unset from "./unset.ts";
import { parts, uploads } from "./upload.ts";
import { objects, olderVersions } from "./version.ts";
import { getBucketVersioning, putBucketVersioning } from "./versioning.ts";

export const s3 = service({
  name: "s3",
  operations: [
    multipart.abortMultipartUpload,
    multipart.completeMultipartUpload,
    copyObject,
    bucket.createBucket,
    multipart.createMultipartUpload,
    bucket.deleteBucket,
    cors.deleteBucketCors,
    encryption.deleteBucketEncryption,
    lifecycle.deleteBucketLifecycle,
    access.deleteBucketOwnershipControls,
    policy.deleteBucketPolicy,
    tagging.deleteBucketTagging,
    deleteObject,
    deleteObjects,
    tagging.deleteObjectTagging,
    access.deletePublicAccessBlock,
    unset.getBucketAccelerateConfiguration,
    access.getBucketAcl,
    cors.getBucketCors,
    encryption.getBucketEncryption,
    lifecycle.getBucketLifecycleConfiguration,
    bucket.getBucketLocation,
    getBucketLogging,
    notification.getBucketNotificationConfiguration,
    access.getBucketOwnershipControls,
    policy.getBucketPolicy,
    policy.getBucketPolicyStatus,
    unset.getBucketReplication,
    unset.getBucketRequestPayment,
    tagging.getBucketTagging,
    getBucketVersioning,
    unset.getBucketWebsite,
    getObject,
    access.getObjectAcl,
    getObjectAttributes,
    unset.getObjectLockConfiguration,
    tagging.getObjectTagging,
    access.getPublicAccessBlock,
    bucket.headBucket,
    headObject,
    bucket.listBuckets,
    listMultipartUploads,
    listObjects,
    listObjectsV2,
    listObjectVersions,
    listParts,
    access.putBucketAcl,
    cors.putBucketCors,
    putBucketLogging,
    encryption.putBucketEncryption,
    lifecycle.putBucketLifecycleConfiguration,
    notification.putBucketNotificationConfiguration,
    access.putBucketOwnershipControls,
    policy.putBucketPolicy,
    tagging.putBucketTagging,
    putBucketVersioning,
    putObject,
    access.putObjectAcl,
    tagging.putObjectTagging,
    access.putPublicAccessBlock,
    multipart.uploadPart,
    multipart.uploadPartCopy,
  ],
  tables: [bucket.buckets, objects, olderVersions, uploads, parts, lifecycles],
  loops: [lifecycleLoop],
  resources: [bucketResource, bucketPolicyResource],
  references: [objectReference, urlReference],
});
