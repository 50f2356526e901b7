import type { Loop } from "../../kernel/loop.ts";
import { setTests, type TypeTest, tryContract, typeTests } from "./type-test.ts";
import { typeVersions } from "./type-version.ts";

/** Brings the tests of types to their end. */
export const typeTestLoop: Loop<TypeTest> = {
  table: typeTests,
  turn(scope, test) {
    const version = typeVersions.get(scope, test.id)!;
    const outcome = tryContract(scope, version, test);
    switch (outcome.state) {
      case "busy":
        return { kind: "wait", because: outcome.because, ...(outcome.wakeAt !== undefined && { wakeAt: outcome.wakeAt }) };
      case "failed":
        setTests(scope, version, "FAILED", outcome.reason.slice(0, 1024));
        break;
      case "passed":
        setTests(scope, version, "PASSED", "All contract tests passed.");
    }
    typeTests.remove(scope, test.id);
  },
};
