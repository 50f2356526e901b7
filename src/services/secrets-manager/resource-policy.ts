import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import {
  DeleteResourcePolicy$,
  GetResourcePolicy$,
  MalformedPolicyDocumentException,
  PublicPolicyException,
  PutResourcePolicy$,
} from "../../sdk/secrets-manager.js";
import { find, requireLive, secrets } from "./secret.ts";

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html */
export const putResourcePolicy = operation(
  PutResourcePolicy$,
  (scope, { SecretId, ResourcePolicy, BlockPublicPolicy }) => {
    const { secret, scope: home } = requireLive(scope, SecretId!);
    checkPolicy(ResourcePolicy!, BlockPublicPolicy ?? false);
    secrets.patch(home, secret.id, { policy: ResourcePolicy! });
    return { ARN: secret.arn, Name: secret.id };
  },
  { partial: "the policy is kept, and not evaluated" },
);

export const getResourcePolicy = operation(GetResourcePolicy$, (scope, { SecretId }) => {
  const { secret } = requireLive(scope, SecretId!);
  return { ARN: secret.arn, Name: secret.id, ...(secret.policy !== undefined && { ResourcePolicy: secret.policy }) };
});

export const deleteResourcePolicy = operation(DeleteResourcePolicy$, (scope, { SecretId }) => {
  const { secret, scope: home } = requireLive(scope, SecretId!);
  secrets.patch(home, secret.id, { policy: undefined });
  return { ARN: secret.arn, Name: secret.id };
});

/** Its id is the secret's ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-resourcepolicy.html */
export const resourcePolicyResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::SecretsManager::ResourcePolicy",
  ensure: (scope, declared) =>
    attempt(scope, () => {
      const { SecretId, ResourcePolicy: policy, BlockPublicPolicy: block } = declared;
      const { secret, scope: home } = requireLive(scope, SecretId);
      const text: string = typeof policy === "string" ? policy : JSON.stringify(policy);
      checkPolicy(text, String(block) === "true");
      secrets.patch(home, secret.id, { policy: text });
      return secret.arn;
    }),
  read(scope, id) {
    const { secret } = find(scope, id) ?? {};
    return secret?.policy === undefined ? undefined : { Id: id, SecretId: id, ResourcePolicy: JSON.parse(secret.policy) };
  },
  remove(scope, id) {
    const found = find(scope, id);
    if (found !== undefined) secrets.patch(found.scope, found.secret.id, { policy: undefined });
    return { state: "done", id };
  },
  list: (scope) => secrets.list(scope).flatMap(({ arn, policy }) => (policy === undefined ? [] : [arn])),
};

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html: a policy is public where anybody may do a thing on no condition. */
function checkPolicy(text: string, blocksPublic: boolean): void {
  let policy: { Statement?: unknown };
  try {
    policy = JSON.parse(text);
  } catch {
    return fault(MalformedPolicyDocumentException, "This resource policy contains invalid Json.");
  }
  if (policy.Statement === undefined) fault(MalformedPolicyDocumentException, "This resource policy contains a syntax error.");
  const statements = [policy.Statement].flat() as { Effect?: string; Principal?: unknown; Condition?: unknown }[];
  const isPublic = statements.some(
    ({ Effect, Principal, Condition }) =>
      Effect === "Allow" && Condition === undefined && (Principal === "*" || (Principal as { AWS?: unknown })?.AWS === "*"),
  );
  if (blocksPublic && isPublic)
    fault(
      PublicPolicyException,
      "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.",
    );
}
