import type { Scope } from "../../kernel/scope.ts";
import { type EvaluationContext, evaluate } from "./evaluate.ts";
import { exportedBy, exportsRefusal } from "./export.ts";
import type { Busy } from "./phase.ts";
import { contextOf, isLive } from "./planning.ts";
import { valuesOf } from "./resource.ts";
import type { StackOutput, Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import type { Template } from "./template.ts";
import { asText } from "./value.ts";

export interface Outputs {
  readonly outputs: StackOutput[];
  readonly refusal?: string;
}

/** The outputs of a stack whose resources are made, and what of them is exported; throws nothing, see `outputsRefusal`. */
export function outputsOf(scope: Scope, stack: Busy): Outputs {
  const target = stack.operation.target!;
  const { template } = templateOf(scope, target);
  return evaluateOutputs({ ...contextOf(scope, template, target), resource: (other) => valuesOf(scope, stack, other) }, template, target);
}

export function evaluateOutputs(context: EvaluationContext, template: Template, target: Target): Outputs {
  const outputs: StackOutput[] = [];
  for (const [OutputKey, declared] of Object.entries(template.Outputs)) {
    if (!isLive(declared, target)) continue;
    const value = evaluate(context, declared.Value);
    const name = declared.Export === undefined ? undefined : evaluate(context, declared.Export.Name);
    const message = value.state === "error" ? value.message : name?.state === "error" ? name.message : undefined;
    if (message !== undefined) return { outputs, refusal: message };
    const OutputValue = value.state === "value" ? asText(value.value) : undefined;
    if (OutputValue === undefined) {
      const refusal = `Template format error: Output ${OutputKey} is malformed. The Value field of every Outputs member must evaluate to a String`;
      return { outputs, refusal };
    }
    const ExportName = name?.state === "value" ? asText(name.value) : undefined;
    const { Description } = declared;
    outputs.push({
      OutputKey,
      OutputValue,
      ...(Description !== undefined && { Description }),
      ...(ExportName !== undefined && { ExportName }),
    });
  }
  return { outputs };
}

export function outputsRefusal(scope: Scope, stack: Busy): string | undefined {
  const { outputs, refusal } = outputsOf(scope, stack);
  return refusal ?? exportsRefusal(scope, stack, exportedBy(outputs));
}
