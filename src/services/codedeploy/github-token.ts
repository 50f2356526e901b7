import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DeleteGitHubAccountToken$,
  GitHubAccountTokenDoesNotExistException,
  GitHubAccountTokenNameRequiredException,
  ListGitHubAccountTokenNames$,
} from "../../sdk/codedeploy.js";

// Connections to GitHub accounts are made in CodeDeploy's console, by GitHub's own page, and by no operation: there are none here.

export const listGitHubAccountTokenNames = operation(ListGitHubAccountTokenNames$, () => ({ tokenNameList: [] }));

export const deleteGitHubAccountToken = operation(DeleteGitHubAccountToken$, (_scope, { tokenName }) => {
  if (!tokenName) fault(GitHubAccountTokenNameRequiredException, "The GitHub account connection name was not specified.");
  return fault(GitHubAccountTokenDoesNotExistException, `No GitHub account connection exists by the name ${tokenName}`);
});
