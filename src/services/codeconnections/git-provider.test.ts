import { expect, test } from "vitest";
import { commentRequest, providerAt, pullRequestsIn, pullRequestsRequest, statusRequest } from "./git-provider.ts";
import { apiOf, serverOf } from "./git-server.ts";

const STATUS = { commit: "c0ffee", context: "build", state: "failure", description: "x".repeat(200), targetUrl: "http://log" } as const;
const GITEA = providerAt(new URL("http://ann:s%40cret@127.0.0.1:3000/api/v1/"));
const GITLAB = providerAt(new URL("https://token@gitlab.example.com/api/v4"));

test.each([
  ["GitHub", { url: "https://github.com" }, "https://api.github.com/"],
  ["GitHub", { url: "http://a:b@127.0.0.1:3000/git/{owner}/{name}" }, "http://a:b@127.0.0.1:3000/api/v1"],
  ["GitHubEnterpriseServer", { url: "https://git.example.com" }, "https://git.example.com/api/v3"],
  ["GitLabSelfManaged", { url: "https://lab.example.com" }, "https://lab.example.com/api/v4"],
  ["GitHub", { path: "/srv/git", api: "http://127.0.0.1:3000/api/v1" }, "http://127.0.0.1:3000/api/v1"],
  ["GitHub", { path: "/srv/git" }, undefined],
  ["GitHub", { codecommit: true }, undefined],
])("the API of %s at %j", (providerType, given, expected) => {
  expect(apiOf(serverOf(given)!, providerType)?.href).toBe(expected);
});

test("GitHub and Gitea are told in their way", () => {
  expect(statusRequest(GITEA, "acme/shop", STATUS)).toMatchObject({
    method: "POST",
    url: "http://127.0.0.1:3000/api/v1/repos/acme/shop/statuses/c0ffee",
    headers: { Authorization: `Basic ${Buffer.from("ann:s@cret").toString("base64")}`, "Content-Type": "application/json" },
    body: JSON.stringify({ state: "failure", context: "build", description: "x".repeat(140), target_url: "http://log" }),
  });
  expect(commentRequest(GITEA, "acme/shop", 7, "hello")).toMatchObject({
    url: "http://127.0.0.1:3000/api/v1/repos/acme/shop/issues/7/comments",
    body: '{"body":"hello"}',
  });
  expect(pullRequestsRequest(GITEA, "acme/shop", "main").url).toContain("/repos/acme/shop/pulls?state=open&base=main&");
  const [home, fork] = [{ full_name: "acme/shop" }, { full_name: "bob/shop" }];
  const pull = (number: number, repo: object | null, into = "main") => ({
    number,
    head: { sha: `c${number}`, repo },
    base: { ref: into, repo: home },
  });
  const body = JSON.stringify([pull(1, home), pull(2, fork), pull(3, home, "other"), pull(4, null)]);
  expect(pullRequestsIn(GITEA, body, "main")).toEqual([{ number: 1, commit: "c1" }]);
});

test("GitLab is told in its way", () => {
  expect(statusRequest(GITLAB, "group/sub/shop", STATUS)).toMatchObject({
    url: "https://gitlab.example.com/api/v4/projects/group%2Fsub%2Fshop/statuses/c0ffee",
    headers: { "PRIVATE-TOKEN": "token" },
    body: JSON.stringify({ state: "failed", name: "build", description: "x".repeat(140), target_url: "http://log" }),
  });
  expect(commentRequest(GITLAB, "group/shop", 7, "hello").url).toMatch(/\/projects\/group%2Fshop\/merge_requests\/7\/notes$/);
  expect(pullRequestsRequest(GITLAB, "group/shop", "a b").url).toContain("state=opened&target_branch=a%20b");
  const request = (iid: number, from: number) => ({ iid, sha: "c1", target_branch: "main", source_project_id: from, target_project_id: 1 });
  expect(pullRequestsIn(GITLAB, JSON.stringify([request(1, 1), request(2, 9)]), "main")).toEqual([{ number: 1, commit: "c1" }]);
});
