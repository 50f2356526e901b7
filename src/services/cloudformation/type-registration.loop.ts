import type { Loop } from "../../kernel/loop.ts";
import { register, type TypeRegistration, typeRegistrations } from "./type-registration.ts";

/** What came of a registration can be asked for as long. */
const KEPT_MS = 90 * 86_400_000;

/** Looks at what was uploaded, and forgets long ago what came of it. */
export const typeRegistrationLoop: Loop<TypeRegistration> = {
  table: typeRegistrations,
  turn(scope, registration) {
    if (registration.status === "IN_PROGRESS") {
      typeRegistrations.patch(scope, registration.id, register(scope, registration));
      return;
    }
    const forgetAt = registration.endedAt! + KEPT_MS;
    if (scope.clock.now() < forgetAt) return { wakeAt: forgetAt, kind: "tick", because: "what came of a registration is kept for 90 days" };
    typeRegistrations.remove(scope, registration.id);
  },
};
