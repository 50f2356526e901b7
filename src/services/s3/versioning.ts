import { operation } from "../../kernel/operation.ts";
import { GetBucketVersioning$, PutBucketVersioning$ } from "../../sdk/s3.js";
import { buckets, requireBucket } from "./bucket.ts";
import { refuse } from "./refusal.ts";

export const putBucketVersioning = operation(
  PutBucketVersioning$,
  (scope, input) => {
    const { bucket } = requireBucket(scope, input);
    const { Status, MFADelete } = input.VersioningConfiguration ?? {};
    if (MFADelete === "Enabled")
      refuse("NotImplemented", "MFA delete is not implemented by Slipway. It refuses rather than pretends.", 501);
    if (Status === undefined) {
      return refuse("IllegalVersioningConfigurationException", "The Versioning element must be specified");
    }
    buckets.patch(scope, bucket.id, { versioning: Status });
    return {};
  },
  { partial: "no MFA delete" },
);

export const getBucketVersioning = operation(GetBucketVersioning$, (scope, input) => {
  const { versioning } = requireBucket(scope, input).bucket;
  return versioning === undefined ? {} : { Status: versioning };
});
