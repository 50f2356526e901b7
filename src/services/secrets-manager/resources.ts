import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import { tagList, tagsOf } from "../../kernel/tag.ts";
import { find, newSecret, putVersion, randomPassword, secrets } from "./secret.ts";

type Properties = Readonly<Record<string, any>>;

/** Its id is its ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html */
export const secretResource: ResourceType<Properties> = {
  type: "AWS::SecretsManager::Secret",
  ensure(scope, declared, id, { generatedName, tags, token, previous = {} }) {
    const name = declared["Name"] ?? generatedName;
    const known = id === undefined ? undefined : find(scope, id)?.secret;
    if (known === undefined && secrets.get(scope, name))
      return { state: "failed", reason: `The operation failed because the secret ${name} already exists.` };
    const allTags = { ...tagsOf(tags), ...tagsOf(declared["Tags"]) };
    try {
      const secret = known ?? newSecret(scope, { name, description: declared["Description"], keyId: declared["KmsKeyId"], tags: allTags });
      const patched = secrets.patch(scope, secret.id, { description: declared["Description"], keyId: declared["KmsKeyId"], tags: allTags });
      const generates = declared["GenerateSecretString"];
      const changed = known === undefined || JSON.stringify(generates) !== JSON.stringify(previous["GenerateSecretString"]);
      if (declared["SecretString"] !== undefined || (generates !== undefined && changed)) {
        const SecretString = declared["SecretString"] ?? generated(scope, generates);
        putVersion(scope, patched, { SecretString }, idsFrom(`${token}${declared["SecretString"] ?? ""}`).uuid());
      }
      return { state: "done", id: secret.arn };
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message };
    }
  },
  read(scope, id) {
    const secret = find(scope, id)?.secret;
    if (secret === undefined || secret.deletesAt !== undefined) return undefined;
    const { description, keyId, tags } = secret;
    return {
      Id: id,
      Name: secret.id,
      ...(description !== undefined && { Description: description }),
      ...(keyId !== undefined && { KmsKeyId: keyId }),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    };
  },
  remove(scope, id) {
    const found = find(scope, id);
    if (found !== undefined) secrets.remove(found.scope, found.secret.id);
    return { state: "done", id };
  },
  attributes: (_scope, id) => ({ Id: id }),
};

/** A password, or a template in JSON with the password in one of its members. */
function generated(scope: Scope, rules: Properties): string {
  const password = randomPassword(scope, {
    ...rules,
    ...(rules["PasswordLength"] !== undefined && { PasswordLength: Number(rules["PasswordLength"]) }),
  });
  if (rules["SecretStringTemplate"] === undefined) return password;
  return JSON.stringify({ ...JSON.parse(rules["SecretStringTemplate"]), [rules["GenerateStringKey"]]: password });
}
