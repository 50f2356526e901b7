import type { Scope } from "../../kernel/scope.ts";
import { find } from "./secret.ts";

/** The ARN of a secret, by its name or by an ARN that may lack its six letters; undefined where there is none. */
export const secretArnOf = (scope: Scope, id: string): string | undefined => find(scope, id)?.secret.arn;
