import type { Loop } from "../../kernel/loop.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type GeneratedResource, type GeneratedTemplate, generatedTemplates } from "./generated-template.ts";
import { liveModel } from "./live-model.ts";
import { importIdentifier } from "./resource-import.ts";
import { resourceType } from "./target.ts";
import { generate } from "./template-generation.ts";

/** How many resources a turn reads. */
const READ_MAX = 50;

/** Reads the resources of a template that is generated. */
export const generatedTemplateLoop: Loop<GeneratedTemplate> = {
  table: generatedTemplates,
  turn(scope, row) {
    switch (row.status) {
      case "CREATE_PENDING":
        generatedTemplates.patch(scope, row.id, { status: "CREATE_IN_PROGRESS" });
        return;
      case "UPDATE_PENDING":
        generatedTemplates.patch(scope, row.id, { status: "UPDATE_IN_PROGRESS" });
        return;
      case "CREATE_IN_PROGRESS":
      case "UPDATE_IN_PROGRESS":
        return read(scope, row);
      default:
        return;
    }
  },
};

function read(scope: Scope, row: GeneratedTemplate): void {
  const pending = row.resources.filter(({ status }) => status === "PENDING").slice(0, READ_MAX);
  const resources = row.resources.map((one) => (pending.includes(one) ? readOne(scope, one) : one));
  if (pending.length === READ_MAX) {
    generatedTemplates.patch(scope, row.id, { resources });
    return;
  }
  const failed = resources.length > 0 && resources.every(({ status }) => status === "FAILED");
  generatedTemplates.patch(scope, row.id, {
    resources,
    updatedAt: scope.clock.now(),
    ...(failed ? { status: "FAILED", reason: "None of the resources could be read." } : { status: "COMPLETE", reason: undefined }),
  });
}

function readOne(scope: Scope, { logicalId, type: name, identifier }: GeneratedResource): GeneratedResource {
  const one = { logicalId, type: name, identifier };
  const type = resourceType(scope, name);
  if (type === undefined || importIdentifier(scope, name).length === 0)
    return { ...one, status: "FAILED", reason: `Resource type ${name} is not supported.` };
  const model = liveModel(scope, type, identifier);
  if (model === undefined)
    return { ...one, status: "FAILED", reason: `Resource of type '${name}' with identifier '${identifier}' was not found.` };
  return { ...one, status: "COMPLETE", model, generated: generate(scope, logicalId, name, model) };
}
