import type { Loop } from "../../kernel/loop.ts";
import { type Report, removeReport, reports } from "./report.ts";

/** Reports go after thirty days. https://docs.aws.amazon.com/codebuild/latest/userguide/test-reporting.html */
export const reportLoop: Loop<Report> = {
  table: reports,
  turn(scope, report) {
    if (scope.clock.now() < report.expiresAt) return { wakeAt: report.expiresAt, kind: "tick", because: "the report expires then" };
    removeReport(scope, report);
  },
};
