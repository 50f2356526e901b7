import { service } from "../../kernel/service.ts";
import * as parameter from "./parameter.ts";
import { parameterResource } from "./resources.ts";

export const ssm = service({
  name: "ssm",
  operations: [
    parameter.addTagsToResource,
    parameter.deleteParameter,
    parameter.deleteParameters,
    parameter.describeParameters,
    parameter.getParameter,
    parameter.getParameterHistory,
    parameter.getParameters,
    parameter.getParametersByPath,
    parameter.labelParameterVersion,
    parameter.listTagsForResource,
    parameter.putParameter,
    parameter.removeTagsFromResource,
  ],
  tables: [parameter.parameters, parameter.versions],
  resources: [parameterResource],
  references: [parameter.ssmReference, parameter.secureReference],
});
