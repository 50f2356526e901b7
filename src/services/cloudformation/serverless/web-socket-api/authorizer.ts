import { isAbsent, isTruthy, type Section } from "../draft.ts";
import { authorizerPermission } from "../gateway-v2/domain.ts";
import { ref, sub } from "../intrinsic.ts";
import { invalidResource } from "../invalid.ts";
import { type Resource, resource } from "../resource.ts";
import type { Declared } from "../serverless-type.ts";

/** What of Auth goes to the $connect route: only there callers are asked who they are. */
export function connectAuth({ id, properties }: Declared): Section {
  const auth = authOf(properties);
  if (auth === undefined) return {};
  if (auth["AuthType"] === "CUSTOM") return { AuthorizationType: "CUSTOM", AuthorizerId: ref(authorizerId(id)) };
  return { AuthorizationType: auth["AuthType"] === "AWS_IAM" ? "AWS_IAM" : "NONE" };
}

const authOf = ({ Auth }: Section): Section | undefined => (isTruthy(Auth) ? (Auth as Section) : undefined);
const authorizerId = (id: string): string => `${id}ConnectAuthorizer`;

export function checkAuth({ id, properties }: Declared): void {
  const auth = authOf(properties);
  if (auth === undefined) return;
  const invalid = (message: string) => invalidResource(id, message);
  if (!isTruthy(auth["AuthType"])) throw invalid("AuthType must be specified for additional auth configurations.");
  const type = String(auth["AuthType"]).toUpperCase();
  if (!["NONE", "AWS_IAM", "CUSTOM"].includes(type)) throw invalid("AuthType is not one of AWS_IAM, CUSTOM or NONE.");
  if (type === "CUSTOM" && !isTruthy(auth["AuthArn"])) throw invalid("AuthArn must be specified if AuthType is CUSTOM.");
  if (type !== "CUSTOM" && Object.keys(auth).length > 1) {
    throw invalid(`No additional configurations supported for AuthType ${type}.`);
  }
}

/** The authorizer, and that it may call its function, unless it does so in a role. */
export function authorizer(declared: Declared): Resource[] {
  const { id, properties, passedOn } = declared;
  const auth = authOf(properties);
  if (auth?.["AuthType"] !== "CUSTOM") return [];
  const { AuthArn, IdentitySource, InvokeRole, Name } = auth;
  const uri = `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${AuthArn}/invocations`;
  const made = {
    ApiId: ref(id),
    AuthorizerCredentialsArn: InvokeRole,
    AuthorizerType: "REQUEST",
    AuthorizerUri: isAbsent(AuthArn) ? undefined : sub(uri, { AuthArn }),
    IdentitySource,
    Name: isTruthy(Name) ? Name : authorizerId(id),
  };
  const its = resource("AWS::ApiGatewayV2::Authorizer", authorizerId(id), made, passedOn);
  return isTruthy(InvokeRole) ? [its] : [its, authorizerPermission(declared, `${id}AuthorizerPermission`, AuthArn)];
}
