import assert from "node:assert/strict";
import { test } from "node:test";
import { handler } from "./index.mjs";

test("the page shows what tea costs", async () => {
  assert.match((await handler()).body, /^<h1>Tea, \D[\d.,]+<\/h1>\n$/);
});
