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
  ["version: [", "Flow sequence in block collection must be sufficiently indented"],
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
