import assert from "node:assert/strict";
import { test } from "node:test";
import { handler } from "./index.mjs";

test("the api tells what tea costs", async () => {
  const { statusCode, body } = await handler();
  assert.equal(statusCode, 200);
  assert.match(JSON.parse(body).tea, /\d/);
});
