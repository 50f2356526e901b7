import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { ListExports$, ListImports$ } from "../../sdk/cloudformation.js";
import { arnOf, type Stack, type StackOutput, stacks } from "./stack.ts";

/** A value that a stack gives other stacks; its id is its name. */
export interface Export extends Row {
  readonly value: string;
  /** The id of the stack's row. */
  readonly stack: string;
}

export const exported = new Table<Export>("cloudformation/export", { indexes: { stack: ({ stack }) => stack } });

const PAGE_MAX = 100;
const invalidToken = (): never => fault("ValidationError", "Invalid NextToken");

export const exportOf = (scope: Scope, name: string): Export | undefined => exported.get(scope, name);

export const listExports = operation(ListExports$, (scope, { NextToken }) => {
  const { items, nextToken } = page(exported.list(scope), ({ id }) => id, PAGE_MAX, NextToken, invalidToken);
  return {
    Exports: items.map(({ id, value, stack }) => ({ ExportingStackId: arnOf(scope, { id: stack }), Name: id, Value: value })),
    ...(nextToken && { NextToken: nextToken }),
  };
});

export const listImports = operation(ListImports$, (scope, { ExportName, NextToken }) => {
  if (exportOf(scope, ExportName!) === undefined) fault("ValidationError", `No export named ${ExportName} found.`);
  const importing = importersOf(scope, ExportName!);
  if (importing.length === 0) fault("ValidationError", `Export '${ExportName}' is not imported by any stack.`);
  const { items, nextToken } = page(importing, (name) => name, PAGE_MAX, NextToken, invalidToken);
  return { Imports: items, ...(nextToken && { NextToken: nextToken }) };
});

/** The names of the stacks that import an export, in order. */
export const importersOf = (scope: Scope, name: string): string[] =>
  stacks
    .by(scope, "imports", name)
    .map((stack) => stack.name)
    .sort();

/** Why a stack can not have these exports from now on; undefined where it can. */
export function exportsRefusal(scope: Scope, stack: Stack, wanted: ReadonlyMap<string, string>): string | undefined {
  for (const [name] of wanted) {
    const known = exportOf(scope, name);
    if (known !== undefined && known.stack !== stack.id)
      return `Export with name ${name} is already exported by stack ${stacks.get(scope, known.stack)?.name}`;
  }
  for (const { id, value } of exported.by(scope, "stack", stack.id)) {
    if (wanted.get(id) === value) continue;
    const using = importersOf(scope, id);
    if (using.length === 0) continue;
    return wanted.has(id)
      ? `Cannot update export ${id} as it is in use by ${using.join(", ")}`
      : `Export ${id} cannot be deleted as it is in use by ${using.join(", ")}`;
  }
  return undefined;
}

/** By their names, the values of the outputs that are exported. */
export const exportedBy = (outputs: readonly StackOutput[]): Map<string, string> =>
  new Map(outputs.flatMap(({ ExportName, OutputValue }) => (ExportName === undefined ? [] : [[ExportName, OutputValue]])));

/** Make the exports of a stack be these. */
export function setExports(scope: Scope, stack: Stack, wanted: ReadonlyMap<string, string>): void {
  for (const { id } of exported.by(scope, "stack", stack.id)) if (!wanted.has(id)) exported.remove(scope, id);
  for (const [id, value] of wanted) exported.put(scope, { id, value, stack: stack.id });
}
