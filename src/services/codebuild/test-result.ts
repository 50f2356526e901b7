import type { REPORT_FORMATS } from "./buildspec.ts";
import { type Element, readXml } from "./xml.ts";

/** What came of one test. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_TestCase.html */
export interface TestResult {
  readonly prefix: string;
  readonly name: string;
  readonly status: "SUCCEEDED" | "FAILED" | "ERROR" | "SKIPPED" | "UNKNOWN";
  readonly durationInNanoSeconds: number;
  readonly message: string;
  readonly suite: string;
}

type Status = TestResult["status"];

const SECOND = 1e9;
const MILLISECOND = 1e6;

/** The tests in a file of results. Throws where the file is not written so. */
export function readTests(format: (typeof REPORT_FORMATS.TEST)[number], text: string): TestResult[] {
  switch (format) {
    case "JUNITXML":
      return junit(readXml(text));
    case "NUNITXML":
      return readXml(text)
        .all("test-results")
        .flatMap((run) => nunit(run, ""));
    case "NUNIT3XML":
      return readXml(text)
        .all("test-run")
        .flatMap((run) => nunit3(run, ""));
    case "TESTNGXML":
      return testng(readXml(text).at("testng-results"));
    case "VISUALSTUDIOTRX":
      return trx(readXml(text).at("TestRun"));
    case "CUCUMBERJSON":
      return cucumber(JSON.parse(text));
  }
}

function junit(parent: Element): TestResult[] {
  const suites = [...parent.all("testsuites").flatMap(junit), ...parent.all("testsuite").flatMap(junit)];
  const suite = parent.attribute("name");
  const cases = parent.all("testcase").map((test): TestResult => {
    const [kind] = (["error", "failure", "skipped"] as const).filter((name) => test.has(name));
    const about = kind === undefined ? undefined : test.at(kind);
    return {
      prefix: test.attribute("classname"),
      name: test.attribute("name"),
      status: kind === undefined ? "SUCCEEDED" : ({ error: "ERROR", failure: "FAILED", skipped: "SKIPPED" } as const)[kind],
      durationInNanoSeconds: Math.round(test.number("time") * SECOND),
      message: about === undefined ? "" : [about.attribute("message"), about.text.trim()].filter(Boolean).join("\n"),
      suite,
    };
  });
  return [...suites, ...cases];
}

const NUNIT: Readonly<Record<string, Status>> = {
  Success: "SUCCEEDED",
  Passed: "SUCCEEDED",
  Failure: "FAILED",
  Failed: "FAILED",
  Error: "ERROR",
  NotRunnable: "ERROR",
  Ignored: "SKIPPED",
  Skipped: "SKIPPED",
};

function nunit(parent: Element, suite: string): TestResult[] {
  const nested = [...parent.all("results"), parent].flatMap((place) =>
    place.all("test-suite").flatMap((one) => nunit(one, one.attribute("name"))),
  );
  const cases = [...parent.all("results"), parent].flatMap((place) => place.all("test-case"));
  return [...nested, ...cases.map((test) => nunitCase(test, suite, "time", test.attribute("result")))];
}

function nunit3(parent: Element, suite: string): TestResult[] {
  const nested = parent.all("test-suite").flatMap((one) => nunit3(one, one.attribute("name")));
  const cases = parent.all("test-case").map((test) => {
    const label = test.attribute("label");
    return nunitCase(test, suite, "duration", label === "Error" ? label : test.attribute("result"));
  });
  return [...nested, ...cases];
}

function nunitCase(test: Element, suite: string, duration: string, result: string): TestResult {
  const full = test.attribute("fullname") || test.attribute("name");
  const at = full.lastIndexOf(".");
  const isSplit = at > 0 && !full.includes("(");
  return {
    prefix: test.attribute("classname") || (isSplit ? full.slice(0, at) : suite),
    name: test.attribute("fullname") ? test.attribute("name") : isSplit ? full.slice(at + 1) : full,
    status: NUNIT[result] ?? "UNKNOWN",
    durationInNanoSeconds: Math.round(test.number(duration) * SECOND),
    message: test.at("failure", "message").text.trim() || test.at("reason", "message").text.trim(),
    suite,
  };
}

const TESTNG: Readonly<Record<string, Status>> = { PASS: "SUCCEEDED", FAIL: "FAILED", SKIP: "SKIPPED" };

function testng(results: Element): TestResult[] {
  return results.all("suite").flatMap((suite) =>
    suite.all("test").flatMap((test) =>
      test.all("class").flatMap((type) =>
        type
          .all("test-method")
          .filter((method) => method.attribute("is-config") !== "true")
          .map((method): TestResult => {
            return {
              prefix: type.attribute("name"),
              name: method.attribute("name"),
              status: TESTNG[method.attribute("status")] ?? "UNKNOWN",
              durationInNanoSeconds: Math.round(method.number("duration-ms") * MILLISECOND),
              message: method.at("exception", "message").text.trim(),
              suite: suite.attribute("name"),
            };
          }),
      ),
    ),
  );
}

const TRX: Readonly<Record<string, Status>> = {
  Passed: "SUCCEEDED",
  Failed: "FAILED",
  Error: "ERROR",
  Timeout: "ERROR",
  Aborted: "ERROR",
  NotExecuted: "SKIPPED",
  Inconclusive: "SKIPPED",
};

function trx(run: Element): TestResult[] {
  const classes = new Map(
    run
      .at("TestDefinitions")
      .all("UnitTest")
      .map((test) => [test.attribute("id"), test.at("TestMethod").attribute("className")]),
  );
  return run
    .at("Results")
    .all("UnitTestResult")
    .map((test) => {
      const [hours = 0, minutes = 0, seconds = 0] = test.attribute("duration").split(":").map(Number);
      return {
        prefix: classes.get(test.attribute("testId")) ?? "",
        name: test.attribute("testName"),
        status: TRX[test.attribute("outcome")] ?? "UNKNOWN",
        durationInNanoSeconds: Math.round(((hours * 60 + minutes) * 60 + seconds) * SECOND) || 0,
        message: test.at("Output", "ErrorInfo", "Message").text.trim(),
        suite: run.attribute("name"),
      };
    });
}

interface Step {
  readonly name?: string;
  readonly result?: { readonly status?: string; readonly duration?: number; readonly error_message?: string };
}

/** A scenario is a test; it is as its worst step. */
function cucumber(features: readonly { name?: string; uri?: string; elements?: readonly any[] }[]): TestResult[] {
  return features.flatMap(({ name: feature = "", uri = "", elements = [] }) =>
    elements
      .filter(({ type }) => type !== "background")
      .map(({ name = "", steps = [], before = [], after = [] }): TestResult => {
        const all: readonly Step[] = [...before, ...steps, ...after];
        const having = (status: string): Step | undefined => all.find(({ result }) => result?.status?.toLowerCase() === status);
        const failed = having("failed");
        const skipped = having("skipped") ?? having("pending") ?? having("undefined");
        return {
          prefix: feature,
          name,
          status: failed !== undefined ? "FAILED" : skipped !== undefined ? "SKIPPED" : all.length === 0 ? "UNKNOWN" : "SUCCEEDED",
          durationInNanoSeconds: all.reduce((total, { result }) => total + (result?.duration ?? 0), 0),
          message: failed?.result?.error_message ?? "",
          suite: uri,
        };
      }),
  );
}
