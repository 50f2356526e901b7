import { codeBuild } from "../actions/codebuild.ts";
import type { RuleProvider } from "../provider.ts";

/** A build has to succeed. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CodeBuild.html */
export const codeBuildRule: RuleProvider = {
  name: "CodeBuild",
  inputs: [1, 5],
  // The action's; its module may not be there yet when this one is loaded.
  get properties() {
    return codeBuild.properties;
  },
  check: (configuration, rule, scope) => codeBuild.check!(configuration, rule, scope),
  observe: (scope, run) => codeBuild.observe(scope, run),
  stop: (scope, run) => codeBuild.stop!(scope, run),
};
