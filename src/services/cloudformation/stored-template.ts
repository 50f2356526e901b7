import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { GetTemplate$ } from "../../sdk/cloudformation.js";
import { requireChangeSet } from "./change-set.ts";
import { requireStack, type Stack, type Target, withId } from "./stack.ts";
import type { Template } from "./template.ts";
import type { JsonObject } from "./value.ts";

/**
 * A template of a stack: the text as it was submitted, and what it says after its transforms. Its id is the stack's, a slash
 * and a digest.
 */
export interface StoredTemplate extends Row {
  readonly text: string;
  readonly template: Template;
  /** What its transforms made of it, where it has any. */
  readonly processed?: JsonObject;
  /** Its transforms are still to be carried out. */
  readonly unprocessed?: boolean;
}

export const templates = new Table<StoredTemplate>("cloudformation/template");

const STAGES = ["Original", "Processed"] as const;

export const getTemplate = operation(GetTemplate$, (scope, { StackName, ChangeSetName, TemplateStage }) => {
  if (StackName === undefined && ChangeSetName === undefined)
    fault("ValidationError", "StackName is required if ChangeSetName is not specified.");
  const set = ChangeSetName === undefined ? undefined : requireChangeSet(scope, ChangeSetName, StackName);
  const stack = set === undefined ? requireStack(scope, StackName, withId) : undefined;
  const undoing = stack?.operation?.undoing ? stack.target : undefined;
  const target = set?.target ?? undoing ?? stack?.operation?.target ?? stack?.target;
  // A stack under review has no template yet.
  if (target === undefined) return { TemplateBody: "", StagesAvailable: [...STAGES] };
  const { text, processed, unprocessed } = templateOf(scope, target);
  const StagesAvailable = STAGES.filter((stage) => stage === "Original" || !unprocessed);
  if (unprocessed && TemplateStage === "Processed") fault("ValidationError", "Template stage Processed is not available yet.");
  const TemplateBody = TemplateStage === "Original" || processed === undefined ? text : JSON.stringify(processed);
  return { TemplateBody, StagesAvailable };
});

/** Keep a template for a stack; answers the id to find it by. */
export function keepTemplate(scope: Scope, stackId: string, kept: Omit<StoredTemplate, "id">): string {
  const { text, processed, unprocessed } = kept;
  const stage = unprocessed ? "unprocessed" : processed === undefined ? "" : JSON.stringify(processed);
  const id = `${stackId}/${createHash("sha256").update(text).update(stage).digest("hex").slice(0, 32)}`;
  if (templates.get(scope, id) === undefined) templates.put(scope, { id, ...kept });
  return id;
}

export function templateOf(scope: Scope, { template }: Pick<Target, "template">): StoredTemplate {
  const found = templates.get(scope, template);
  if (found === undefined) throw new Error(`no template ${template}`);
  return found;
}

/** Forget the templates of a stack that neither it nor any of these targets has. */
export function pruneTemplates(scope: Scope, stack: Stack, kept: readonly (Target | undefined)[]): void {
  const used = new Set([stack.target, stack.before?.target, stack.operation?.target, ...kept].map((target) => target?.template));
  for (const { id } of templates.list(scope, `${stack.id}/`)) if (!used.has(id)) templates.remove(scope, id);
}

/** Forget every template of a stack. */
export function dropTemplates(scope: Scope, { id: stackId }: Pick<Stack, "id">): void {
  for (const { id } of templates.list(scope, `${stackId}/`)) templates.remove(scope, id);
}
