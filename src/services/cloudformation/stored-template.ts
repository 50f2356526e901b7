import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { GetTemplate$ } from "../../sdk/cloudformation.js";
import { requireChangeSet } from "./change-set.ts";
import { requireStack, type Stack, type Target, withId } from "./stack.ts";
import type { Template } from "./template.ts";

/** A template of a stack: the text as it was submitted, and what it says. Its id is the stack's, a slash and a digest. */
export interface StoredTemplate extends Row {
  readonly text: string;
  readonly template: Template;
}

export const templates = new Table<StoredTemplate>("cloudformation/template");

export const getTemplate = operation(GetTemplate$, (scope, { StackName, ChangeSetName }) => {
  const set = ChangeSetName === undefined ? undefined : requireChangeSet(scope, ChangeSetName, StackName);
  const stack = set === undefined ? requireStack(scope, StackName, withId) : undefined;
  const undoing = stack?.operation?.undoing ? stack.target : undefined;
  const target = set?.target ?? undoing ?? stack?.operation?.target ?? stack?.target;
  const StagesAvailable: ("Original" | "Processed")[] = ["Original", "Processed"];
  if (StackName === undefined && set === undefined) fault("ValidationError", "StackName must be specified");
  // A stack under review has no template yet. Transforms do not exist, so that both stages are the same text.
  if (target === undefined) return { TemplateBody: "", StagesAvailable };
  return { TemplateBody: templateOf(scope, target).text, StagesAvailable };
});

/** Keep a template for a stack; answers the id to find it by. */
export function keepTemplate(scope: Scope, stackId: string, text: string, template: Template): string {
  const id = `${stackId}/${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
  if (templates.get(scope, id) === undefined) templates.put(scope, { id, text, template });
  return id;
}

export function templateOf(scope: Scope, { template }: Pick<Target, "template">): StoredTemplate {
  const found = templates.get(scope, template);
  if (found === undefined) throw new Error(`no template ${template}`);
  return found;
}

/** Forget the templates of a stack that neither it nor any of these targets has. */
export function pruneTemplates(scope: Scope, stack: Stack, kept: readonly (Target | undefined)[]): void {
  const used = new Set([stack.target, stack.previous, stack.operation?.target, ...kept].map((target) => target?.template));
  for (const { id } of templates.list(scope, `${stack.id}/`)) if (!used.has(id)) templates.remove(scope, id);
}

/** Forget every template of a stack. */
export function dropTemplates(scope: Scope, { id: stackId }: Pick<Stack, "id">): void {
  for (const { id } of templates.list(scope, `${stackId}/`)) templates.remove(scope, id);
}
