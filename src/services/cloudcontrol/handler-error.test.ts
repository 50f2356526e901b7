import { expect, test } from "vitest";
import { handlerErrorCode } from "./handler-error.ts";

test.each([
  ["ResourceConflictException", "Function already exist: f", "AlreadyExists"],
  [undefined, "The bucket already exists", "AlreadyExists"],
  ["NoSuchEntity", "The role with name r cannot be found.", "NotFound"],
  [undefined, "Queue q does not exist", "NotFound"],
  ["DeleteConflict", "Cannot delete entity, must detach all policies first.", "ResourceConflict"],
  ["LimitExceededException", "Too many", "ServiceLimitExceeded"],
  ["InvalidParameterValueException", "Timeout must be at least 1", "InvalidRequest"],
  ["AccessDeniedException", "User: a is not authorized", "AccessDenied"],
  [undefined, "The property X is not implemented by Slipway.", "InvalidRequest"],
  [undefined, "it does not want to", "GeneralServiceException"],
])("%s with “%s” is %s", (name, reason, code) => {
  expect(handlerErrorCode(name, reason)).toBe(code);
});
