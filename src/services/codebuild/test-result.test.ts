import { expect, test } from "vitest";
import { readCoverage } from "./coverage-result.ts";
import { readTests } from "./test-result.ts";

const shown = (...args: Parameters<typeof readTests>) =>
  readTests(...args).map(({ prefix, name, status, durationInNanoSeconds, message }) => [
    prefix,
    name,
    status,
    durationInNanoSeconds / 1e9,
    message,
  ]);

test("JUnit: suites in suites, one test and many", () => {
  const text = `<?xml version="1.0"?><testsuites name="all"><testsuite name="outer" tests="4">
<testcase name="goes" classname="shop.Cart" time="1,000.5"/>
<testcase name="fails" classname="shop.Cart" time="0.25"><failure message="1 is not 2"><![CDATA[at line <3>]]></failure></testcase>
<testsuite name="inner"><testcase name="breaks" time="0"><error message="boom &amp; bang"/></testcase>
<testcase name="waits"><skipped/></testcase></testsuite></testsuite></testsuites>`;
  expect(shown("JUNITXML", text)).toEqual([
    ["", "breaks", "ERROR", 0, "boom & bang"],
    ["", "waits", "SKIPPED", 0, ""],
    ["shop.Cart", "goes", "SUCCEEDED", 1000.5, ""],
    ["shop.Cart", "fails", "FAILED", 0.25, "1 is not 2\nat line <3>"],
  ]);
  expect(readTests("JUNITXML", '<testsuite name="s"><testcase name="only"/></testsuite>')).toMatchObject([{ name: "only", suite: "s" }]);
  expect(() => readTests("JUNITXML", "<testsuite>")).toThrow();
});

test("NUnit 2 and 3", () => {
  const two = `<test-results name="a.dll"><test-suite name="Cart"><results>
<test-case name="Shop.Cart.Adds" result="Success" time="0.5"/>
<test-case name="Shop.Cart.Takes" result="Failure" time="0.1"><failure><message>no</message></failure></test-case>
<test-case name="Shop.Cart.Waits" result="Ignored"><reason><message>later</message></reason></test-case></results></test-suite></test-results>`;
  expect(shown("NUNITXML", two)).toEqual([
    ["Shop.Cart", "Adds", "SUCCEEDED", 0.5, ""],
    ["Shop.Cart", "Takes", "FAILED", 0.1, "no"],
    ["Shop.Cart", "Waits", "SKIPPED", 0, "later"],
  ]);
  const three = `<test-run><test-suite type="Assembly" name="a.dll"><test-suite type="TestFixture" name="Cart">
<test-case name="Adds" fullname="Shop.Cart.Adds" classname="Shop.Cart" result="Passed" duration="0.2"/>
<test-case name="Breaks" fullname="Shop.Cart.Breaks" classname="Shop.Cart" result="Failed" label="Error" duration="0.1"><failure><message>boom</message></failure></test-case>
</test-suite></test-suite></test-run>`;
  expect(shown("NUNIT3XML", three)).toEqual([
    ["Shop.Cart", "Adds", "SUCCEEDED", 0.2, ""],
    ["Shop.Cart", "Breaks", "ERROR", 0.1, "boom"],
  ]);
});

test("TestNG without its configuration methods, and Visual Studio", () => {
  const testng = `<testng-results><suite name="s"><test name="t"><class name="shop.Cart">
<test-method status="PASS" is-config="true" name="setUp" duration-ms="9"/>
<test-method status="PASS" name="adds" duration-ms="12"/>
<test-method status="FAIL" name="takes" duration-ms="3"><exception class="E"><message><![CDATA[no]]></message></exception></test-method>
</class></test></suite></testng-results>`;
  expect(shown("TESTNGXML", testng)).toEqual([
    ["shop.Cart", "adds", "SUCCEEDED", 0.012, ""],
    ["shop.Cart", "takes", "FAILED", 0.003, "no"],
  ]);
  const trx = `<TestRun name="run"><Results><UnitTestResult testId="1" testName="Adds" outcome="Passed" duration="00:00:01.5000000"/>
<UnitTestResult testId="1" testName="Takes" outcome="Failed" duration="00:01:00"><Output><ErrorInfo><Message>no</Message></ErrorInfo></Output></UnitTestResult>
<UnitTestResult testId="2" testName="Waits" outcome="NotExecuted"/></Results>
<TestDefinitions><UnitTest id="1"><TestMethod className="Shop.Cart" name="x"/></UnitTest></TestDefinitions></TestRun>`;
  expect(shown("VISUALSTUDIOTRX", trx)).toEqual([
    ["Shop.Cart", "Adds", "SUCCEEDED", 1.5, ""],
    ["Shop.Cart", "Takes", "FAILED", 60, "no"],
    ["", "Waits", "SKIPPED", 0, ""],
  ]);
});

test("Cucumber: a scenario is as its worst step", () => {
  const step = (status: string, duration = 1e9) => ({
    name: "s",
    result: { status, duration, error_message: status === "failed" ? "no" : undefined },
  });
  const feature = {
    name: "Cart",
    uri: "cart.feature",
    elements: [
      { type: "background", steps: [step("passed")] },
      { type: "scenario", name: "adds", steps: [step("passed"), step("passed")] },
      { type: "scenario", name: "takes", steps: [step("passed"), step("failed"), step("skipped", 0)] },
      { type: "scenario", name: "waits", steps: [step("undefined", 0)] },
    ],
  };
  expect(shown("CUCUMBERJSON", JSON.stringify([feature]))).toEqual([
    ["Cart", "adds", "SUCCEEDED", 2, ""],
    ["Cart", "takes", "FAILED", 2, "no"],
    ["Cart", "waits", "SKIPPED", 0, ""],
  ]);
});

const numbers = (...args: Parameters<typeof readCoverage>) =>
  readCoverage(...args).map(({ filePath, linesCovered, linesMissed, branchesCovered, branchesMissed }) => [
    filePath,
    linesCovered,
    linesMissed,
    branchesCovered,
    branchesMissed,
  ]);

test("coverage as JaCoCo, Clover, Cobertura and SimpleCov write it", () => {
  const jacoco = `<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="r"><package name="shop">
<sourcefile name="Cart.java"><counter type="LINE" missed="1" covered="4"/><counter type="BRANCH" missed="2" covered="2"/></sourcefile></package></report>`;
  expect(numbers("JACOCOXML", jacoco)).toEqual([["shop/Cart.java", 4, 1, 2, 2]]);
  const clover = `<coverage><project><package name="shop"><file name="cart.js" path="/src/cart.js">
<metrics statements="5" coveredstatements="4" conditionals="4" coveredconditionals="1"/></file></package></project></coverage>`;
  expect(numbers("CLOVERXML", clover)).toEqual([["/src/cart.js", 4, 1, 1, 3]]);
  const cobertura = `<coverage><packages><package name="shop"><classes><class name="Cart" filename="cart.py"><lines>
<line number="1" hits="2"/><line number="2" hits="0"/><line number="3" hits="1" branch="true" condition-coverage="50% (1/2)"/></lines></class>
<class name="Other" filename="cart.py"><lines><line number="4" hits="1"/></lines></class></classes></package></packages></coverage>`;
  expect(numbers("COBERTURAXML", cobertura)).toEqual([["cart.py", 3, 1, 1, 1]]);
  const branches = { "[:if, 0, 3]": { "[:then, 1, 4]": 1, "[:else, 2, 6]": 0 } };
  const simplecov = { RSpec: { coverage: { "cart.rb": { lines: [1, null, 0, 2], branches }, "old.rb": [1, null] } } };
  expect(numbers("SIMPLECOV", JSON.stringify(simplecov))).toEqual([
    ["cart.rb", 2, 1, 1, 1],
    ["old.rb", 1, 0, 0, 0],
  ]);
});
