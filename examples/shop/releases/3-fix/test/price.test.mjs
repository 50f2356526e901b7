import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue } from "../src/catalogue.mjs";
import { price } from "../src/price.mjs";

test("one costs its price", () => {
  assert.equal(price({ cents: 450 }), 4.5);
});

test("several cost several times as much", () => {
  assert.equal(price({ cents: 890 }, 3), 26.7);
});

test("a discount counts until it ends", () => {
  const cake = { cents: 1000, discount: { percent: 30, ends: new Date("2030-01-01") } };
  assert.equal(price(cake, 1, Date.parse("2029-12-31")), 7);
  assert.equal(price(cake, 1, Date.parse("2030-01-02")), 10);
});

test("a discount without an end does not end", () => {
  assert.equal(price({ cents: 1000, discount: { percent: 20 } }), 8);
});

test("everything we sell has a price", () => {
  for (const article of Object.values(catalogue)) assert.ok(price(article) > 0);
});
