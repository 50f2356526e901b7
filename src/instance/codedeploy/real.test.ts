import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Rack } from "./rack.fixture.ts";

// The agent on this machine, as `slipway agent` starts it: what it downloads, copies, runs, refuses and keeps.

const run = promisify(execFile);

let rack: Rack;
let github: Server;
let folder: string;
let site: string;

beforeAll(async () => {
  rack = await Rack.start({ clock: "real" });
  folder = rack.folder;
  site = join(folder, "site");
  github = createServer((request, response) => {
    const known = /^\/repos\/owner\/name\/tarball\/(0{40})$/.exec(request.url!);
    response.writeHead(known === null ? 404 : 200).end(known === null ? "" : readFileSync(join(folder, "github.tar")));
  }).listen(0, "127.0.0.1");
  await once(github, "listening");
  rack.startAgent({ env: { GITHUB_API_URL: `http://127.0.0.1:${(github.address() as AddressInfo).port}` } });
});

afterAll(async () => {
  github.close();
  await rack[Symbol.asyncDispose]();
});

const appSpec = (hooks = "", more = ""): string =>
  `version: 0.0\nos: linux\n${more}files:\n  - source: /pages\n    destination: ${site}\npermissions:\n  - object: ${site}\n    pattern: "*.sh"\n    mode: 750\n    type: [file]\nhooks:\n${hooks}`;
const hook = (event: string, script: string, more = ""): string => `  ${event}:\n    - location: ${script}\n${more}`;

const deploy: Rack["deploy"] = (...args) => rack.deploy(...args);
const installed = (name: string): string => readFileSync(join(site, name), "utf8");

describe("a revision", () => {
  test("is copied with its modes, runs its scripts with their environment, and takes the place of the one before", async () => {
    const tell = `#!/bin/sh\necho "$LIFECYCLE_EVENT $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME $BUNDLE_BUCKET/$BUNDLE_KEY" >> ${folder}/told\n`;
    const hooks = hook("ApplicationStop", "stop.sh") + hook("AfterInstall", "tell.sh", "      timeout: 20\n");
    const stop = `#!/bin/sh\necho "stops what $(cat ${site}/index.html)" >> ${folder}/told\n`;
    const one = {
      "appspec.yml": appSpec(hooks),
      "pages/index.html": "one",
      "pages/old.html": "old",
      "pages/deep/run.sh": "",
      "pages/run.sh": "",
    };
    expect(await deploy({ ...one, "tell.sh": tell, "stop.sh": stop })).toEqual({ deploymentId: expect.any(String) });
    expect([installed("index.html"), statSync(join(site, "run.sh")).mode & 0o777]).toEqual(["one", 0o750]);
    const two = { "appspec.yml": appSpec(hooks), "pages/index.html": "two", "tell.sh": tell, "stop.sh": "#!/bin/sh\nexit 1\n" };
    // In an archive with a single folder.
    const nested = Object.fromEntries(Object.entries(two).map(([path, text]) => [`top/${path}`, text]));
    expect(await deploy(nested)).toEqual({ deploymentId: expect.any(String) });
    expect([installed("index.html"), existsSync(join(site, "old.html")), existsSync(join(site, "deep"))]).toEqual(["two", false, false]);
    expect(readFileSync(join(folder, "told"), "utf8")).toBe(
      "AfterInstall web rack releases/1.tgz\nstops what one\nAfterInstall web rack releases/2.tgz\n",
    );
  });

  test("has its links to files as links, and its links to folders as folders", async () => {
    const link = (target: string) => ({ target });
    const pages = {
      "pages/a": "a",
      "pages/deep/b": "b",
      "pages/to-file": link("a"),
      "pages/to-folder": link("deep"),
      "pages/nowhere": link("/none"),
    };
    await deploy({ "appspec.yml": appSpec(), ...pages }, { ignoreApplicationStopFailures: true });
    const isLink = (name: string): boolean => lstatSync(join(site, name)).isSymbolicLink();
    expect(["to-file", "to-folder", "nowhere"].map(isLink)).toEqual([true, false, true]);
    expect(installed("to-folder/b")).toBe("b");
  });

  test("leaves, replaces or refuses what others have put there, as it is told", async () => {
    const ignore = { ignoreApplicationStopFailures: true };
    const pages = { "pages/index.html": "three", "pages/foreign.html": "ours" };
    writeFileSync(join(site, "foreign.html"), "theirs");
    const refused = await deploy({ "appspec.yml": appSpec(), ...pages }, ignore);
    expect(refused).toMatchObject({
      event: "Install",
      diagnostics: {
        errorCode: "UnknownError",
        message: `The deployment failed because a specified file already exists at this location: ${join(site, "foreign.html")}`,
      },
    });
    await deploy({ "appspec.yml": appSpec(), ...pages }, { ...ignore, fileExistsBehavior: "RETAIN" });
    expect([installed("index.html"), installed("foreign.html")]).toEqual(["three", "theirs"]);
    await deploy({ "appspec.yml": appSpec("", "file_exists_behavior: OVERWRITE\n"), ...pages }, ignore);
    expect(installed("foreign.html")).toBe("ours");
  });
});

describe("what fails", () => {
  const script = (text: string) => ({
    "appspec.yml": appSpec(hook("AfterInstall", "script.sh", "      timeout: 1\n")),
    "pages/a": "",
    "script.sh": text,
  });

  test("a script: by its exit code, its time, its absence; with the last of what it wrote", async () => {
    expect(await deploy(script("#!/bin/sh\necho out\necho err >&2\nexit 3\n"))).toMatchObject({
      event: "AfterInstall",
      diagnostics: {
        errorCode: "ScriptFailed",
        scriptName: "script.sh",
        message: "Script at specified location: script.sh failed with exit code 3",
        logTail: expect.stringMatching(
          /^LifecycleEvent - AfterInstall\nScript - script\.sh\n(\[stdout\]out\n\[stderr\]err|\[stderr\]err\n\[stdout\]out)\n$/,
        ),
      },
    });
    expect((await deploy(script("#!/bin/sh\nsleep 60\n"))).diagnostics).toMatchObject({
      errorCode: "ScriptTimedOut",
      message: "Script at specified location: script.sh failed to complete in 1 seconds",
    });
    expect((await deploy({ "appspec.yml": appSpec(hook("AfterInstall", "none.sh")), "pages/a": "" })).diagnostics).toMatchObject({
      errorCode: "ScriptMissing",
    });
    expect((await deploy(script("#!/no/such\n"))).diagnostics).toMatchObject({
      errorCode: "ScriptFailed",
      message: expect.stringMatching(
        /^Script at specified location: script.sh failed with error Errno::ENOENT with message No such file or directory - \//,
      ),
    });
  });

  test("a revision that is not what was said, or has no AppSpec file, or a wrong one", async () => {
    expect(await deploy({ "appspec.yml": appSpec() }, {}, "0123")).toMatchObject({
      event: "DownloadBundle",
      diagnostics: { message: expect.stringMatching(/^Expected deployment artifact bundle etag 0123 but was actually "[0-9a-f]{32}"$/) },
    });
    expect((await deploy({ "pages/a": "" })).diagnostics!.message).toMatch(/^The CodeDeploy agent did not find an AppSpec file/);
    expect((await deploy({ "appspec.yml": "version: 1.0\nos: linux\n" })).diagnostics!.message).toMatch(
      /an invalid version value \(1\.0\) was entered/,
    );
  });

  test("five revisions are kept, the one that is installed among them", async () => {
    await deploy({ "appspec.yml": appSpec(), "pages/index.html": "last" }, { fileExistsBehavior: "OVERWRITE" });
    const root = join(rack.home, "deployment-root");
    const group = readdirSync(root).find((name) => /^[0-9a-f]{8}-/.test(name))!;
    expect(readdirSync(join(root, group)).length).toBeLessThanOrEqual(6);
    expect(installed("index.html")).toBe("last");
  });
});

test("a revision is fetched from whatever answers as GitHub does", async () => {
  const source = join(folder, "owner-name-0000000");
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, "appspec.yml"), appSpec().replace("/pages", "/page.html"));
  writeFileSync(join(source, "page.html"), "from git");
  await run("tar", ["-cf", join(folder, "github.tar"), "-C", folder, "owner-name-0000000"]);
  const at = (commitId: string): RevisionLocation => ({ revisionType: "GitHub", gitHubLocation: { repository: "owner/name", commitId } });
  expect(await rack.release(at("0".repeat(40)), { fileExistsBehavior: "OVERWRITE" })).toEqual({ deploymentId: expect.any(String) });
  expect(installed("page.html")).toBe("from git");
  expect((await rack.release(at("1".repeat(40)))).diagnostics!.message).toMatch(
    /^Could not download bundle at .* Server returned codes: 404/,
  );
});
