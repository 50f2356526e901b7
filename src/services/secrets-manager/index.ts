import { service } from "../../kernel/service.ts";
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from "./resource-policy.ts";
import { secretsManagerResources } from "./resources.ts";
import { rotationLoop } from "./rotation.loop.ts";
import * as rotation from "./rotation.ts";
import { secretLoop } from "./secret.loop.ts";
import * as secret from "./secret.ts";

export const secretsManager = service({
  name: "secrets-manager",
  operations: [
    rotation.cancelRotateSecret,
    rotation.rotateSecret,
    rotation.updateSecretVersionStage,
    deleteResourcePolicy,
    getResourcePolicy,
    putResourcePolicy,
    secret.createSecret,
    secret.deleteSecret,
    secret.describeSecret,
    secret.getRandomPassword,
    secret.getSecretValue,
    secret.listSecrets,
    secret.listSecretVersionIds,
    secret.putSecretValue,
    secret.restoreSecret,
    secret.tagResource,
    secret.untagResource,
    secret.updateSecret,
  ],
  tables: [secret.secrets, rotation.rotations],
  loops: [secretLoop, rotationLoop],
  resources: secretsManagerResources,
  references: [secret.secretReference],
});
