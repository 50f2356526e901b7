import type { Value } from "../draft.ts";
import { sub } from "../intrinsic.ts";

/** That API Gateway may invoke the function of an authorizer. */
export const authorizerPermission = (functionArn: Value, apiId: Value) => ({
  Action: "lambda:InvokeFunction",
  FunctionName: functionArn,
  Principal: "apigateway.amazonaws.com",
  SourceArn: sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*", { __ApiId__: apiId }),
});
