import type { Delivered, DeliveryTarget } from "../../kernel/delivery.ts";
import { isFault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import type { Variable } from "./build.ts";
import { mergedVariables } from "./override.ts";
import { requireProject } from "./project.ts";
import { submitBuild } from "./start.ts";

/** What a rule's input may say of a build: the members of StartBuild. */
interface Input {
  readonly sourceVersion?: string;
  readonly buildspecOverride?: string;
  readonly environmentVariablesOverride?: readonly Variable[];
}

/** A rule starts a build, once per delivery. https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html */
export const projectTarget: DeliveryTarget = {
  service: "codebuild",
  resource: "project/",
  deliver(scope, { id, arn, payload, context }): Delivered {
    try {
      const project = requireProject(scope, arn);
      const { sourceVersion, buildspecOverride: buildspec, environmentVariablesOverride = [] } = inputOf(payload);
      const { declaration } = project;
      const { source, environment } = declaration;
      submitBuild(scope, project, {
        uuid: idsFrom(id).uuid(),
        declaration: {
          ...declaration,
          source: { ...source!, ...(buildspec !== undefined && { buildspec }) },
          environment: {
            ...environment!,
            environmentVariables: mergedVariables(environment?.environmentVariables ?? [], environmentVariablesOverride),
          },
        },
        sourceVersion: sourceVersion ?? declaration.sourceVersion,
        initiator: context?.sourceArn?.split(":").at(-1) ?? "events",
      });
      return { state: "done" };
    } catch (error) {
      if (!isFault(error)) throw error;
      return { state: "failed", reason: error.message, final: true };
    }
  },
};

function inputOf(payload: string): Input {
  try {
    const input: unknown = JSON.parse(payload);
    return typeof input === "object" && input !== null ? (input as Input) : {};
  } catch {
    return {};
  }
}
