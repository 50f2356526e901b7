import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";

/** What lies at the URL of an object in S3: a template, a stack policy. */
export function textAt(scope: Scope, url: string): string {
  const found = scope.registry.reference("s3-url")?.resolve(scope, url) ?? { state: "absent", reason: "nothing here keeps objects" };
  switch (found.state) {
    case "value":
      return found.value;
    case "busy":
      return fault("ServiceUnavailable", found.because, 503);
    case "absent":
      return fault("ValidationError", /^https?:\/\//.test(url) ? `S3 error: ${found.reason}` : "TemplateURL must be a supported URL.");
  }
}
