import assert from "node:assert/strict";
import { test } from "node:test";
import { recommend } from "../src/recommendations.mjs";

test("bestsellers are our own", async () => {
  assert.deepEqual(await recommend({ source: async () => "bestsellers" }), { from: "bestsellers", items: ["tea", "cake"] });
});

test("a partner is asked", async () => {
  const request = async () => Response.json(["cup"]);
  assert.deepEqual((await recommend({ source: async () => "https://partner.example/", request })).items, ["cup"]);
});

test("a partner that fails is reported, and costs the customer nothing", async () => {
  const reported = [];
  const answer = await recommend({
    source: async () => "https://partner.example/",
    request: async () => new Response("down", { status: 503 }),
    report: async (error) => reported.push(error.message),
  });
  assert.deepEqual(answer, { from: "bestsellers", items: ["tea", "cake"] });
  assert.deepEqual(reported, ["The partner answered 503"]);
});
