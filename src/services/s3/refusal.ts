import { Fault } from "../../kernel/fault.ts";

/**
 * Refuse as S3 does. Its errors carry members (Key, BucketName, …) that the SDK's exceptions do not declare, so they are
 * named by their code: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function refuse(code: string, message: string, status = 400, members: Readonly<Record<string, string | number>> = {}): never {
  throw new Fault(code, message, status, members);
}

export const noSuchBucket = (BucketName: string): never =>
  refuse("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName });

export const noSuchKey = (Key: string): never => refuse("NoSuchKey", "The specified key does not exist.", 404, { Key });

export const invalidArgument = (message: string, ArgumentName: string, ArgumentValue: string): never =>
  refuse("InvalidArgument", message, 400, { ArgumentName, ArgumentValue });

export const malformedXml = (): never =>
  refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");

export const preconditionFailed = (Condition: string): never =>
  refuse("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, { Condition });

/** What a request asks for and Slipway does not do. */
export const notImplemented = (what: string): never =>
  refuse("NotImplemented", `${what} is not implemented by Slipway. It refuses rather than pretends.`, 501);
