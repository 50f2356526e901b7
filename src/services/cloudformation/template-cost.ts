import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { EstimateTemplateCost$ } from "../../sdk/cloudformation.js";
import { resolveParameters } from "./parameter.ts";
import { parameterStore, readChecked, templateText } from "./target.ts";

const CALCULATOR = "https://calculator.s3.amazonaws.com/calc5.html?key=cloudformation/";

/**
 * The address of an estimate, where the template and its parameters are in order. As on AWS, the answer is an address and no sum;
 * AWS's calculator can not know what was estimated here.
 */
export const estimateTemplateCost = operation(
  EstimateTemplateCost$,
  (scope, input) => {
    const { template } = readChecked(templateText(scope, input));
    const resolved = resolveParameters(template.Parameters, input.Parameters ?? [], [], {
      parameterStore: (name) => parameterStore(scope, name),
    });
    if (resolved.state === "busy") return fault("ServiceUnavailable", resolved.because, 503);
    return { Url: `${CALCULATOR}${scope.id.uuid()}` };
  },
  { partial: "the template is validated; the address leads to AWS's calculator, which knows nothing of it" },
);
