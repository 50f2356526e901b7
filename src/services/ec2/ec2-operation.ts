import { fault } from "../../kernel/fault.ts";
import { type Operation, type OperationNotes, type OperationSchema, operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";

/**
 * An operation that does all of its checks and then, where only a dry run was asked for, says that it would have succeeded.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
 */
export const ec2Operation = <I extends { DryRun?: boolean | undefined }, O>(
  schema: OperationSchema<I, O>,
  handle: (scope: Scope, input: I) => O,
  notes: OperationNotes = {},
): Operation<I, O> =>
  operation(
    schema,
    (scope, input) => {
      const answer = handle(scope, input);
      if (input.DryRun) fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
      return answer as any;
    },
    notes,
  );

/** An id as EC2 makes them, such as i-0123456789abcdef0. */
export const newId = (scope: Scope, prefix: string): string => `${prefix}-0${scope.id.hex(16)}`;
