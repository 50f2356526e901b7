import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Scope } from "../../kernel/scope.ts";
import {
  AlreadyExistsException,
  GeneralServiceException,
  type HandlerErrorCode,
  ResourceNotFoundException,
} from "../../sdk/cloudcontrol.js";

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

/** Where a handler gave no name, its sentence may tell. */
const SENTENCES: readonly (readonly [RegExp, HandlerErrorCode])[] = [
  [/already exists?\b/i, "AlreadyExists"],
  [/does not exist|was not found|could not be found/i, "NotFound"],
  [/is not implemented|does not implement/, "InvalidRequest"],
];

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
export function handlerErrorCode(name: string | undefined, reason: string): HandlerErrorCode {
  const found =
    (name === undefined ? undefined : CODES.find(([pattern]) => pattern.test(name))) ?? SENTENCES.find(([pattern]) => pattern.test(reason));
  return found?.[1] ?? "GeneralServiceException";
}

const EXCEPTIONS = { AlreadyExists: AlreadyExistsException, NotFound: ResourceNotFoundException } as const;

/** Refuse a call with what a handler answered at once. */
export function handlerFailed(scope: Scope, type: string, code: keyof typeof EXCEPTIONS, message: string, asked: string): never {
  const token = idsFrom(`${asked} ${type} ${scope.clock.now()}`).uuid();
  return fault(
    EXCEPTIONS[code] ?? GeneralServiceException,
    `${type} Handler returned status FAILED: ${message} (HandlerErrorCode: ${code}, RequestToken: ${token})`,
  );
}
