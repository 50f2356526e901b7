import { codeBuild } from "../actions/codebuild.ts";
import type { RuleProvider } from "../provider.ts";

/** A build has to succeed. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CodeBuild.html */
export const codeBuildRule: RuleProvider = {
  name: "CodeBuild",
  inputs: codeBuild.inputs,
  properties: codeBuild.properties,
  check: codeBuild.check!,
  observe: codeBuild.observe,
  stop: codeBuild.stop!,
};
