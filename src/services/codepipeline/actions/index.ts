import type { ActionTypeId } from "../../../sdk/codepipeline.js";
import type { ActionProvider } from "../provider.ts";
import { cloudFormation } from "./cloudformation.ts";
import { codeBuild, codeBuildTest } from "./codebuild.ts";
import { codeCommit } from "./codecommit.ts";
import { lambdaInvoke } from "./lambda.ts";
import { manualApproval } from "./manual-approval.ts";
import { s3Source } from "./s3.ts";

/** Every kind of action, a line each. */
export const actionProviders: readonly ActionProvider[] = [
  codeCommit,
  s3Source,
  codeBuild,
  codeBuildTest,
  cloudFormation,
  manualApproval,
  lambdaInvoke,
];

/** Who carries out the actions of that type; undefined where nobody does. */
export const providerOf = ({ category, owner, provider, version }: ActionTypeId): ActionProvider | undefined =>
  actionProviders.find(
    ({ type }) => type.category === category && type.owner === owner && type.provider === provider && type.version === version,
  );
