import assert from "node:assert/strict";
import { test } from "node:test";
import { format } from "./money.mjs";

const currency = process.env.CURRENCY;

test("an amount has the decimals of its currency", () => {
  assert.equal(format(1200, currency), { EUR: "€12.00", JPY: "¥1,200" }[currency]);
});
