import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";

/** How a template names the function of a version, an alias or a URL: by name or by ARN. Its id is the resource's, with its kind where another has the same. */
interface FunctionReference extends Row {
  readonly given: string;
}

export const functionReferences = new Table<FunctionReference>("lambda/function-reference");

/** Note how the function is named; answers the id. */
export function noteFunction(scope: Scope, id: string, given: string): string {
  functionReferences.put(scope, { id, given });
  return id;
}

export const functionNoted = (scope: Scope, id: string): string | undefined => functionReferences.get(scope, id)?.given;

/** Answers the id. */
export function forgetFunction(scope: Scope, id: string): string {
  functionReferences.remove(scope, id);
  return id;
}
