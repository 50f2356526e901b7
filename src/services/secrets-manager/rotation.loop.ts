import type { Loop, Rest } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { endRotation, type Rotation, rotations, startRotation } from "./rotation.ts";
import { secrets } from "./secret.ts";

/**
 * Has a secret's function change its value, step by step, when it is time.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export const rotationLoop: Loop<Rotation> = {
  table: rotations,
  turn(scope, rotation) {
    const { id, enabled, nextAt, run } = rotation;
    const secret = secrets.get(scope, id);
    if (secret === undefined) return rotations.remove(scope, id);
    if (run !== undefined) return nextStep(scope, rotation, run, secret.arn);
    if (!enabled || nextAt === undefined || secret.deletesAt !== undefined) return;
    if (scope.clock.now() < nextAt) return { wakeAt: nextAt, kind: "tick", because: "the secret is rotated then" };
    startRotation(scope, id, scope.id.uuid(), true);
  },
};

function nextStep(scope: Scope, rotation: Rotation, run: NonNullable<Rotation["run"]>, secretArn: string): Rest | void {
  const { token, steps, done } = run;
  const step = steps[done];
  if (step === undefined) return endRotation(scope, rotation);
  const payload = JSON.stringify({ Step: step, SecretId: secretArn, ClientRequestToken: token });
  const delivery = scope.deliver(`secretsmanager/${rotation.id}/${token}/${step}`, rotation.lambdaArn, payload, {
    from: "secretsmanager.amazonaws.com",
    context: { reply: true, sourceArn: secretArn },
  });
  switch (delivery.status) {
    case "PENDING":
      return { kind: "wait", because: `the function has yet to answer to ${step}` };
    case "FAILED":
      return endRotation(scope, rotation, delivery.reason);
    case "DELIVERED":
      rotations.patch(scope, rotation.id, { run: { ...run, done: done + 1 } });
  }
}
