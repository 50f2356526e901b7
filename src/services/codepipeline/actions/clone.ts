import { refuseAction } from "../provider.ts";
import type { Run } from "../run.ts";

const FORMATS = ["CODE_ZIP", "CODEBUILD_CLONE_REF"];

/** What a git source gives: the files, or a whole clone. */
export function checkFormat({ OutputArtifactFormat = "CODE_ZIP" }: Readonly<Record<string, string>>, action: string): void {
  if (FORMATS.includes(OutputArtifactFormat)) return;
  refuseAction(`Action configuration for action '${action}' has an invalid value '${OutputArtifactFormat}' for 'OutputArtifactFormat'`);
}

/** AWS hands a reference on, which CodeBuild clones; here the artifact is the clone. */
export const isClone = ({ configuration }: Run): boolean => configuration["OutputArtifactFormat"] === "CODEBUILD_CLONE_REF";
