import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DeleteLifecyclePolicy$,
  DeleteRepositoryPolicy$,
  GetLifecyclePolicy$,
  GetRepositoryPolicy$,
  InvalidParameterException,
  LifecyclePolicyNotFoundException,
  PutLifecyclePolicy$,
  RepositoryPolicyNotFoundException,
  SetRepositoryPolicy$,
} from "../../sdk/ecr.js";
import { identityOf, repositories, requireRepository, whereOf } from "./repository.ts";

export const setRepositoryPolicy = operation(
  SetRepositoryPolicy$,
  (scope, input) => {
    const { repository, home } = requireRepository(scope, input);
    const policyText = checkedPolicy(input.policyText!);
    repositories.patch(home, repository.id, { policy: policyText });
    return { ...identityOf(home, repository), policyText };
  },
  { partial: "the policy is kept and shown, and does not decide" },
);

export const getRepositoryPolicy = operation(GetRepositoryPolicy$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const policyText =
    repository.policy ?? fault(RepositoryPolicyNotFoundException, `Repository policy does not exist for ${whereOf(home, repository)}`);
  return { ...identityOf(home, repository), policyText };
});

export const deleteRepositoryPolicy = operation(DeleteRepositoryPolicy$, (scope, input) => {
  const answer = getRepositoryPolicy.handle(scope, input);
  const { repository, home } = requireRepository(scope, input);
  repositories.patch(home, repository.id, { policy: undefined });
  return answer;
});

export const putLifecyclePolicy = operation(
  PutLifecyclePolicy$,
  (scope, input) => {
    const { repository, home } = requireRepository(scope, input);
    const lifecyclePolicyText = checkedLifecycle(input.lifecyclePolicyText!);
    repositories.patch(home, repository.id, { lifecyclePolicy: lifecyclePolicyText });
    return { ...identityOf(home, repository), lifecyclePolicyText };
  },
  { partial: "kept and shown; it lets no image expire" },
);

export const getLifecyclePolicy = operation(GetLifecyclePolicy$, (scope, input) => {
  const { repository, home } = requireRepository(scope, input);
  const lifecyclePolicyText =
    repository.lifecyclePolicy ??
    fault(LifecyclePolicyNotFoundException, `Lifecycle policy does not exist for ${whereOf(home, repository)}`);
  return { ...identityOf(home, repository), lifecyclePolicyText };
});

export const deleteLifecyclePolicy = operation(DeleteLifecyclePolicy$, (scope, input) => {
  const answer = getLifecyclePolicy.handle(scope, input);
  const { repository, home } = requireRepository(scope, input);
  repositories.patch(home, repository.id, { lifecyclePolicy: undefined });
  return answer;
});

/** Refuse a text that is no JSON object. */
export function checkedPolicy(text: string): string {
  if (objectOf(text) !== undefined) return text;
  return fault(
    InvalidParameterException,
    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
  );
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html: as far as that there are rules. */
export function checkedLifecycle(text: string): string {
  const rules = objectOf(text)?.["rules"];
  if (Array.isArray(rules) && rules.length > 0) return text;
  return fault(
    InvalidParameterException,
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: object has missing required properties ([\"rules\"])'",
  );
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
