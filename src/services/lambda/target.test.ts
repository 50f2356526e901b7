import { describe, expect, test } from "vitest";
import { type Delivery, deliveries } from "../../kernel/delivery.ts";
import { endsTheSameWheneverThePowerIsCut } from "../../testing/power.ts";
import type { World } from "../../testing/world.ts";
import { createShop, lambdaWorld, measured, type Orders } from "./lambda.fixture.ts";
import { addPermission } from "./permission.ts";

const SOURCE = "arn:aws:events:eu-west-1:111122223333:rule/r";

function deliver(cloud: World, orders: Orders, reply = false, functionName = "shop"): void {
  const arn = cloud.scope().arn("lambda", `function:${functionName}`);
  const options = { from: "events.amazonaws.com", context: { reply, sourceArn: SOURCE } };
  cloud.change((scope) => scope.deliver("d", arn, JSON.stringify(orders), options));
}

const delivered = (cloud: World): Delivery => deliveries.get(cloud.scope(), "d")!;

describe("a delivery to a function", () => {
  test("is done once it is taken", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    deliver(cloud, { takes: 60_000 });
    expect(delivered(cloud)).toMatchObject({ status: "DELIVERED" });
    await cloud.advance("1m");
    expect(measured(cloud, "Invocations").sum).toBe(1);
  });

  test("brings the answer back where one is wanted", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    deliver(cloud, { takes: 60_000 }, true);
    expect(delivered(cloud).status).toBe("PENDING");
    await cloud.advance("1m");
    expect(JSON.parse(delivered(cloud).reply!)).toMatchObject({ event: { takes: 60_000 } });
  });

  test("fails where the function fails, or is not there", async () => {
    const cloud = lambdaWorld();
    await createShop(cloud);
    deliver(cloud, { throws: "not today" }, true);
    await cloud.advance("1s");
    expect(delivered(cloud)).toMatchObject({ status: "FAILED", reason: "not today" });
    const other = lambdaWorld();
    deliver(other, {});
    expect(delivered(other)).toMatchObject({
      status: "FAILED",
      reason: "Function not found: arn:aws:lambda:eu-west-1:111122223333:function:shop",
    });
  });

  test("needs a permission where trust is enforced", async () => {
    const enforced = async (SourceArn: string): Promise<Delivery> => {
      const cloud = lambdaWorld({ trust: "enforced" });
      await createShop(cloud);
      const who = { Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com", SourceArn };
      await cloud.call(addPermission, { FunctionName: "shop", StatementId: "events", ...who });
      deliver(cloud, {});
      return delivered(cloud);
    };
    expect(await enforced("arn:aws:events:*:*:rule/*")).toMatchObject({ status: "DELIVERED" });
    expect(await enforced("arn:aws:events:*:*:rule/other")).toMatchObject({
      status: "FAILED",
      reason: expect.stringContaining("events.amazonaws.com is not authorized to perform: lambda:InvokeFunction"),
    });
  });

  test("ends the same whenever the power is cut", async () => {
    await endsTheSameWheneverThePowerIsCut(lambdaWorld, async (cloud) => {
      await createShop(cloud);
      deliver(cloud, { takes: 5000 }, true);
      await cloud.advance("1h");
    });
  });
});
