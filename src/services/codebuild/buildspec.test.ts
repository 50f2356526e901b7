import { expect, test } from "vitest";
import { expandableTexts, parseBuildspec, withExpanded } from "./buildspec.ts";

const phases = "phases: { build: { commands: [make] } }";

test("reads what a buildspec may say", () => {
  const spec = parseBuildspec(`version: 0.2
env:
  shell: bash
  variables: { PORT: 80 }
  parameter-store: { TOKEN: /shop/token }
  exported-variables: [PORT]
phases:
  install:
    runtime-versions: { nodejs: 22 }
    commands: npm ci
  build:
    on-failure: CONTINUE
    commands: [make]
    finally: [make clean]
artifacts:
  files: ["**/*"]
  base-directory: dist
  discard-paths: yes
  exclude-paths: "*.map"
  secondary-artifacts:
    docs: { files: [doc/*] }
reports: { unit: { files: "*.xml" } }
`);
  expect(spec).toMatchObject({
    shell: "bash",
    variables: { PORT: "80" },
    parameterStore: { TOKEN: "/shop/token" },
    phases: {
      install: { commands: ["npm ci"], runtimeVersions: { nodejs: "22" } },
      build: { commands: ["make"], finally: ["make clean"], onFailure: { action: "CONTINUE" } },
    },
    artifacts: { files: ["**/*"], baseDirectory: "dist", discardPaths: true, exclude: ["*.map"] },
    secondaryArtifacts: { docs: { files: ["doc/*"], baseDirectory: "." } },
    reports: { unit: { files: ["*.xml"], format: "JUNITXML" } },
  });
});

test.each([
  ["phases: {}", "version is required in the buildspec"],
  [`version: 9\n${phases}`, "unknown buildspec version 9"],
  ["version: 0.2", "phases is required in the buildspec"],
  [
    "version: 0.2\nphases: { deploy: { commands: [x] } }",
    "Invalid buildspec phase name: DEPLOY. Expecting: BUILD,INSTALL,POST_BUILD,PRE_BUILD",
  ],
  ["version: 0.2\nphases: { build: { commands: [{ echo: x }] } }", "Expected Commands[0] to be of string type: found subkeys instead"],
  [`version: 0.2\n${phases}\nartifacts: { base-directory: x, files: [] }`, "files is required in artifacts"],
  [`version: 0.2\nphases: { build: { commands: [make], on-failure: MAYBE } }`, "Invalid on-failure value of phase build: MAYBE"],
  [`version: 0.2\nphases: { build: { commands: [make], on-failure: RETRY-101 } }`, "Invalid on-failure value of phase build: RETRY-101"],
  [`version: 0.2\nphases: { build: { commands: [make], on-failure: "RETRY-2-(" } }`, "Invalid on-failure value"],
  [
    `version: 0.2\nphases: { install: { runtime-versions: { docker: 20 } } }`,
    "Unknown runtime named 'docker'. This build image has the following",
  ],
  [
    `version: 0.2\n${phases}\nreports: { a: { files: x, file-format: LCOV } }`,
    "Invalid file-format of reports/a: LCOV. Expecting: JUNITXML,",
  ],
  [`version: 0.2\n${phases}\nreports: { a: {} }`, "files is required in reports/a"],
  [`version: 0.2\n${phases}\ncache: { paths: [a], action: keep }`, "Invalid cache action: keep"],
  [`version: 0.2\n${phases}\ncache: { key: k, fallback-keys: [a, b, c, d, e, f], paths: [a] }`, "at most 5 fallback-keys"],
  [`version: 0.2\nenv: { shell: powershell.exe }\n${phases}`, "the shell powershell.exe is not implemented by Slipway"],
  // What the reader of CodeBuild says, as people have met it: an unquoted colon, a tab, a bracket that is not closed.
  [
    'version: 0.2\n\nphases:\n  build:\n    commands:\n     - echo hello\n     - echo "Hello: world"',
    "Expected Commands[1] to be of string type: found subkeys instead at line 7, value of the key tag on line 6 might be empty",
  ],
  ["version: 0.2\nphases: build: commands", "mapping values are not allowed in this context at line 2"],
  ["version: 0.2\nphases:\n\t build:", "found character that cannot start any token at line 3"],
  ["version: 0.2\nphases:\n  build: { commands: [make\nartifacts: {}", "did not find expected ',' or ']' at line 4"],
  ["version: 0.2\nphases:\n  build:\n    commands:\n      - a\n   finally: b", "did not find expected key at line 6"],
  ['version: 0.2\nphases: { build: { commands: ["make] } }', "found unexpected end of stream at line 2"],
  ['version: 0.2\nphases: { build: { commands: ["\\q"] } }', "found unknown escape character at line 2"],
  ["version: 0.2\nphases: *all", "unknown anchor 'all' referenced"],
  ["version: 0.2\nphases: @all", "found character that cannot start any token at line 2"],
])("refuses %j", (text, message) => {
  expect(() => parseBuildspec(text)).toThrow(message);
});

test("an artifact takes the texts that the shell expanded", () => {
  const artifact = { files: ["$A/*", "b"], exclude: ["$C"], baseDirectory: "$D", discardPaths: false, keepLinks: false };
  expect(expandableTexts(artifact)).toEqual(["$D", "", "", "$A/*", "b", "$C"]);
  expect(withExpanded(artifact, ["d", "", "", "a/*", "b", "c"])).toEqual({
    ...artifact,
    baseDirectory: "d",
    files: ["a/*", "b"],
    exclude: ["c"],
  });
});

test.each([
  ["ABORT", { action: "ABORT" }],
  ["RETRY", { action: "RETRY", count: 3, pattern: ".*" }],
  ["RETRY-2", { action: "RETRY", count: 2, pattern: ".*" }],
  ["RETRY-time.*out", { action: "RETRY", count: 3, pattern: "time.*out" }],
  ["RETRY-0-exit 1", { action: "RETRY", count: 0, pattern: "exit 1" }],
])("on-failure: %s", (text, onFailure) => {
  expect(parseBuildspec(`version: 0.2\nphases: { build: { commands: [make], on-failure: ${text} } }`).phases.build).toMatchObject({
    onFailure,
  });
});

test("users, caches and links; what is secret or of AWS's tools is not exported", () => {
  const spec = parseBuildspec(`version: 0.2
run-as: ann
env:
  parameter-store: { TOKEN: /t }
  exported-variables: [TOKEN, AWS_REGION, NAME]
  git-credential-helper: yes
phases: { build: { commands: [make] }, post_build: { run-as: bob, commands: [make] } }
artifacts: { files: a, enable-symlinks: yes, s3-prefix: p }
cache: { paths: [a], key: k, fallback-keys: b, action: save }
`);
  expect(spec).toMatchObject({
    exportedVariables: ["NAME"],
    gitCredentialHelper: true,
    phases: { build: { runAs: "ann" }, post_build: { runAs: "bob" } },
    artifacts: { keepLinks: true, s3Prefix: "p" },
    cache: { paths: ["a"], key: "k", fallbackKeys: ["b"], action: "save" },
  });
});

test("version 0.1 has variables of its own, and commands that know nothing of each other", () => {
  const spec = parseBuildspec(`version: 0.1\nenvironment_variables: { plaintext: { A: b } }\n${phases}`);
  expect(spec).toMatchObject({ isolated: true, variables: { A: "b" } });
});

test("what looks like a number or a flag is the text that it is written as", () => {
  const spec = parseBuildspec(`version: 0.2
env: { variables: { MODE: 0755, RELEASE: 1.10, DEBUG: True } }
phases: { install: { runtime-versions: { python: 3.10 } }, build: { commands: [make] } }
`);
  expect(spec.variables).toEqual({ MODE: "0755", RELEASE: "1.10", DEBUG: "True" });
  expect(spec.phases.install?.runtimeVersions).toEqual({ python: "3.10" });
});
