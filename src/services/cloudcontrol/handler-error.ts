import type { HandlerErrorCode } from "../../sdk/cloudcontrol.js";

/** What a service's fault is called when the handler of its type tells of it. */
const CODES: readonly (readonly [RegExp, HandlerErrorCode])[] = [
  [/AlreadyExist|EntityAlreadyExists|ResourceExists|BucketAlready|QueueNameExists|NameInUse/, "AlreadyExists"],
  [/NotFound|NoSuch|DoesNotExist|NonExistent|UnknownResource/, "NotFound"],
  [/AccessDenied|NotAuthorized|Unauthorized|Forbidden/, "AccessDenied"],
  [/LimitExceeded|TooMany|QuotaExceeded/, "ServiceLimitExceeded"],
  [/Throttl|RateExceeded|SlowDown/, "Throttling"],
  [/Conflict|InUse|Concurrent|Busy|DeletedRecently|InvalidState/, "ResourceConflict"],
  [/Invalid|Validation|Malformed|Missing|BadRequest|Unsupported/, "InvalidRequest"],
  [/InternalError|InternalFailure|ServiceFailure|ServiceUnavailable/, "ServiceInternalError"],
];

/** What a registered type's handler says is said in Cloud Control's own words. */
const OWN: readonly HandlerErrorCode[] = [
  "AccessDenied",
  "AlreadyExists",
  "GeneralServiceException",
  "InternalFailure",
  "InvalidCredentials",
  "InvalidRequest",
  "NetworkFailure",
  "NotFound",
  "NotStabilized",
  "NotUpdatable",
  "ResourceConflict",
  "ServiceInternalError",
  "ServiceLimitExceeded",
  "ServiceTimeout",
  "Throttling",
];

/** A sentence that says that something is taken says more than the fault, which is often that of a conflict. */
const TAKEN = /already exists?\b/i;

/** Where a handler gave no name, its sentence may tell. */
const SENTENCES: readonly (readonly [RegExp, HandlerErrorCode])[] = [
  [/does not exist|was not found|could not be found/i, "NotFound"],
  [/is not implemented|does not implement/, "InvalidRequest"],
];

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
export function handlerErrorCode(name: string | undefined, reason: string): HandlerErrorCode {
  const own = OWN.find((code) => code === name);
  if (own !== undefined) return own;
  if (TAKEN.test(reason)) return "AlreadyExists";
  const named = name === undefined ? undefined : CODES.find(([pattern]) => pattern.test(name));
  return (named ?? SENTENCES.find(([pattern]) => pattern.test(reason)))?.[1] ?? "GeneralServiceException";
}
