import { expect, test } from "vitest";
import { describeAlarms } from "../../src/services/cloudwatch/alarm.ts";
import "../../src/testing/matchers.ts";
import { Shop } from "./shop/shop.ts";

test("a canary that throws rolls itself back, and the fix goes out", async () => {
  const shop = new Shop();
  const { cloud } = shop;
  await shop.deploy();

  const good = shop.push();
  await cloud.advance("5m");
  expect(await shop.execution(good)).toHaveSucceeded();
  const url = await shop.url();

  const bad = shop.push();
  shop.bad.add(bad);
  cloud.traffic(url, { rate: "1/s", for: "10m" });
  await cloud.advance("30m");
  expect(await shop.canary()).toHaveRolledBack({ because: "ALARM_ACTIVE" });
  expect(await shop.canary()).toHaveRolledBack({ because: /shop-canary-errors/ });
  expect(await shop.stack()).toBeInState("UPDATE_ROLLBACK_COMPLETE");
  expect(await shop.stackEvents()).toHaveRolledBack({ because: /shop-canary-errors/ });
  expect(await shop.execution(bad)).toHaveFailed();
  expect(await shop.actions(bad)).toHaveFailed({ because: /shop-canary-errors/ });
  expect((await cloud.call(describeAlarms, { AlarmNames: ["shop-canary-errors"] })).MetricAlarms![0]!.StateValue).toBe("OK");

  const fix = shop.push();
  cloud.traffic(url, { rate: "1/s", for: "10m" });
  await cloud.advance("30m");
  expect(await shop.canary()).toHaveSucceeded();
  expect(await shop.execution(fix)).toHaveSucceeded();
  expect(await shop.stack()).toBeInState("UPDATE_COMPLETE");
});
