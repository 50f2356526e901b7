import { idsFrom } from "../../kernel/id.ts";
import { present, sameJson } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { allTags, tagList } from "../../kernel/tag.ts";
import { resourcePolicyResource } from "./resource-policy.ts";
import { rotationScheduleResource } from "./resource-rotation.ts";
import { find, newSecret, putVersion, randomPassword, secrets } from "./secret.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is its ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html */
const secretResource: ResourceType<Properties> = {
  type: "AWS::SecretsManager::Secret",
  absent: { ReplicaRegions: [], Type: [] },
  ensure: (scope, declared, id, { generatedName, tags, token, previous = {} }) =>
    attempt(scope, () => {
      const name: string = declared["Name"] ?? generatedName;
      const known = id === undefined ? undefined : find(scope, id)?.secret;
      if (known === undefined && secrets.get(scope, name))
        return { state: "failed", reason: `The operation failed because the secret ${name} already exists.` };
      const { Description: description, KmsKeyId: keyId, GenerateSecretString: generates, SecretString: given } = declared;
      const secret = known ?? newSecret(scope, { name, description, keyId, tags: {} });
      const patched = secrets.patch(scope, secret.id, { description, keyId, tags: allTags(tags, declared["Tags"]) });
      const changed = known === undefined || !sameJson(generates, previous["GenerateSecretString"]);
      if (given !== undefined || (generates !== undefined && changed)) {
        const SecretString = given ?? generated(scope, generates);
        putVersion(scope, patched, { SecretString }, idsFrom(`${token}${given ?? ""}`).uuid());
      }
      return secret.arn;
    }),
  read(scope, id) {
    const secret = find(scope, id)?.secret;
    if (secret === undefined || secret.deletesAt !== undefined) return undefined;
    return present({ Id: id, Name: secret.id, Description: secret.description, KmsKeyId: secret.keyId, Tags: tagList(secret.tags) });
  },
  remove(scope, id) {
    const found = find(scope, id);
    if (found !== undefined) secrets.remove(found.scope, found.secret.id);
    return { state: "done", id };
  },
  list: (scope) => secrets.list(scope).flatMap(({ arn, deletesAt }) => (deletesAt === undefined ? [arn] : [])),
};

export const secretsManagerResources = [secretResource, resourcePolicyResource, rotationScheduleResource];

/** A password, or a template in JSON with the password in one of its members. */
function generated(scope: Scope, rules: Properties): string {
  const password = randomPassword(scope, {
    ...rules,
    ...(rules["PasswordLength"] !== undefined && { PasswordLength: Number(rules["PasswordLength"]) }),
  });
  if (rules["SecretStringTemplate"] === undefined) return password;
  return JSON.stringify({ ...JSON.parse(rules["SecretStringTemplate"]), [rules["GenerateStringKey"]]: password });
}
