import { idsFrom } from "../../kernel/id.ts";
import { present } from "../../kernel/json.ts";
import { attempt, type ResourceType } from "../../kernel/resource.ts";
import { putRotation, rotations, startRotation } from "./rotation.ts";
import { find, requireLive, secrets } from "./secret.ts";

/** Its id is the secret's ARN. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html */
export const rotationScheduleResource: ResourceType<Readonly<Record<string, any>>> = {
  type: "AWS::SecretsManager::RotationSchedule",
  absent: { ExternalSecretRotationMetadata: [], ExternalSecretRotationRoleArn: [], HostedRotationLambda: [] },
  ensure: (scope, declared, _id, { token }) =>
    attempt(scope, () => {
      const { SecretId, RotationLambdaARN, RotationRules = {}, RotateImmediatelyOnUpdate = true } = declared;
      const { secret, scope: home } = requireLive(scope, SecretId);
      const days = RotationRules.AutomaticallyAfterDays;
      const rules = { ...RotationRules, ...(days !== undefined && { AutomaticallyAfterDays: Number(days) }) };
      putRotation(home, secret, { lambdaArn: RotationLambdaARN ?? rotations.get(home, secret.id)?.lambdaArn ?? "", rules });
      startRotation(home, secret.id, idsFrom(token).uuid(), String(RotateImmediatelyOnUpdate) === "true");
      return secret.arn;
    }),
  read(scope, id) {
    const found = find(scope, id);
    const rotation = found && rotations.get(found.scope, found.secret.id);
    if (!rotation?.enabled) return undefined;
    return present({ Id: id, SecretId: id, RotationLambdaARN: rotation.lambdaArn, RotationRules: rotation.rules });
  },
  remove(scope, id) {
    const found = find(scope, id);
    if (found !== undefined) rotations.remove(found.scope, found.secret.id);
    return { state: "done", id };
  },
  list: (scope) => rotations.list(scope).flatMap(({ id, enabled }) => (enabled ? (secrets.get(scope, id)?.arn ?? []) : [])),
};
