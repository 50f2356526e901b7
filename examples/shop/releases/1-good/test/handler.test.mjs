import assert from "node:assert/strict";
import { test } from "node:test";
import { handler } from "../src/handler.mjs";
import { version } from "../src/release.mjs";

const get = async (rawPath, queryStringParameters) => {
  const { statusCode, body } = await handler({ rawPath, queryStringParameters });
  return { statusCode, ...JSON.parse(body) };
};

test("an article has a price", async () => {
  assert.deepEqual(await get("/price", { item: "tea", quantity: "2" }), { statusCode: 200, version, item: "tea", quantity: 2, price: 9 });
});

test("what we do not sell is not found", async () => {
  assert.equal((await get("/price", { item: "car" })).statusCode, 404);
  assert.equal((await get("/price", { item: "constructor" })).statusCode, 404);
  assert.equal((await get("/nowhere")).statusCode, 404);
});

test("a quantity is a whole number", async () => {
  assert.equal((await get("/price", { item: "tea", quantity: "some" })).statusCode, 400);
});
