import assert from "node:assert/strict";
import { test } from "node:test";
import { price } from "../src/price.mjs";

test("one costs its price", () => {
  assert.equal(price({ cents: 450 }), 4.5);
});

test("several cost several times as much", () => {
  assert.equal(price({ cents: 890 }, 3), 26.7);
});
