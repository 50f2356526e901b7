import { fault } from "../../kernel/fault.ts";
import type { Resolved } from "../../kernel/reference.ts";
import type { Scope } from "../../kernel/scope.ts";

export const resolveText = (scope: Scope, url: string): Resolved =>
  scope.registry.reference("s3-url")?.resolve(scope, url) ?? { state: "absent", reason: "nothing here keeps objects" };

/** What lies at the URL of an object in S3: a template, a stack policy. */
export function textAt(scope: Scope, url: string): string {
  const found = resolveText(scope, url);
  switch (found.state) {
    case "value":
      return found.value;
    case "busy":
      return fault("ServiceUnavailable", found.because, 503);
    case "absent":
      return fault("ValidationError", /^https?:\/\//.test(url) ? `S3 error: ${found.reason}` : "TemplateURL must be a supported URL.");
  }
}
