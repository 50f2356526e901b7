import { type Operation, type OperationNotes, type OperationSchema, operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";

/** How ARNs and IAM actions begin; what was made under one name is found under both. */
export type Prefix = "codeconnections" | "codestar-connections";

/** One operation under the two names of the service. */
export interface TwoNames<I = any, O = any> {
  readonly current: Operation<I, O>;
  readonly former: Operation<I, O>;
}

/**
 * CodeStar Connections was renamed: the same operations are called under both names, and only the ARNs of what is made tell.
 * https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html
 */
export const underBothNames = <I, O>(
  current: OperationSchema<I, O>,
  former: OperationSchema,
  handle: (scope: Scope, input: I, prefix: Prefix) => O,
  notes: OperationNotes = {},
): TwoNames<I, O> => ({
  current: operation(current, (scope, input) => handle(scope, input, "codeconnections") as O & object, notes),
  former: operation(former as OperationSchema<I, O>, (scope, input) => handle(scope, input, "codestar-connections") as O & object, notes),
});

const ARN = /^arn:[^:]+:(?:codeconnections|codestar-connections):[^:]*:\d{12}:(connection|host|repository-link)\/(.+)$/;

/** What an ARN names, under either name. */
export function named(arn: string): { readonly kind: "connection" | "host" | "repository-link"; readonly id: string } | undefined {
  const [, kind, id] = ARN.exec(arn) ?? [];
  return kind === undefined ? undefined : { kind: kind as "connection", id: id! };
}
