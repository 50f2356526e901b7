import { fault } from "../../kernel/fault.ts";
import {
  InvalidParameterValueException,
  PreconditionFailedException,
  ResourceConflictException,
  ResourceNotFoundException,
} from "../../sdk/lambda.js";

const USER = { Type: "User" };

export const invalid = (message: string): never => fault(InvalidParameterValueException, message, USER);

export const notFound = (message: string): never => fault(ResourceNotFoundException, message, USER);

export const conflict = (message: string): never => fault(ResourceConflictException, message, USER);

/** What a member asks for that Slipway does not do. */
export const notImplemented = (what: string): never => fault("NotImplemented", `${what} of Lambda is not implemented`, 501);

/** What violates the model, as the wire words it; for rules that the model does not hold. */
export const violation = (value: string, member: string, rule: string): never =>
  fault("ValidationException", `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`);

/** Refuse a change of something that somebody else has changed since the caller looked. */
export function checkRevision(expected: string | undefined, actual: string, call: string): void {
  if (expected === undefined || expected === actual) return;
  const message = `The Revision Id provided does not match the latest Revision Id. Call the ${call} API to retrieve the latest Revision Id`;
  fault(PreconditionFailedException, message, USER);
}

/** For lists whose marker is not ours. */
export const invalidMarker = (): never => invalid("Invalid marker");
