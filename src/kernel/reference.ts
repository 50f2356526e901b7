import type { Scope } from "./scope.ts";

/** A kind of value that is named in text and lives in some service: {{resolve:ssm:…}}, a template's URL, an alarm's state. */
export interface Reference {
  /** Such as ssm, ssm-secure, secretsmanager, s3, alarm, organization-accounts. */
  readonly kind: string;
  resolve(scope: Scope, name: string): Resolved;
}

export type Resolved =
  | { readonly state: "value"; readonly value: string }
  | { readonly state: "absent"; readonly reason: string }
  | { readonly state: "busy"; readonly because: string };
