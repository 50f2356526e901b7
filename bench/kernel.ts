import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryBlobs } from "../src/kernel/blob.ts";
import { rootCaller } from "../src/kernel/caller.ts";
import { Clock } from "../src/kernel/clock.ts";
import { Disk, type Durability } from "../src/kernel/disk.ts";
import { Drive } from "../src/kernel/drive.ts";
import { Kernel } from "../src/kernel/kernel.ts";
import { type Operation, operation } from "../src/kernel/operation.ts";
import type { Service } from "../src/kernel/service.ts";
import { type Row, Table } from "../src/kernel/table.ts";
import { putMetricAlarm } from "../src/services/cloudwatch/alarm.ts";
import { cloudwatch } from "../src/services/cloudwatch/index.ts";
import { putMetricData } from "../src/services/cloudwatch/metric.ts";

interface Counter extends Row {
  readonly value: number;
  readonly group: string;
}

const counters = new Table<Counter>("bench/counter", { indexes: { group: ({ group }) => group } });
const put: Operation<number, object> = operation([9, "bench", "Put"] as never, (scope, value: number) => {
  counters.put(scope, { id: `row-${String(value).padStart(9, "0")}`, value, group: `group-${value % 100}` });
  return {};
});
const bench: Service = { name: "bench", operations: [put], tables: [counters] };
const caller = rootCaller("123456789012", "us-east-1");
const settings = { endpoint: "http://127.0.0.1:4566", seed: 1, trust: "open" } as const;
const fail = (error: unknown): never => {
  throw error;
};

/** Work on a kernel on a disk of its own. */
async function onDisk<T>(
  durability: Durability,
  services: readonly Service[],
  work: (kernel: Kernel, folder: string) => Promise<T> | T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  const disk = new Disk(join(folder, "ledger.db"), durability);
  const kernel = new Kernel({ disk, blobs: new MemoryBlobs(), clock: new Clock("virtual"), services, settings });
  try {
    return await work(kernel, folder);
  } finally {
    disk.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Commits per second, each answered when it is on disk, by so many callers at once. */
export const commitsPerSecond = (durability: Durability, callers: number): Promise<number> =>
  onDisk(durability, [bench], async (kernel) => {
    const drive = new Drive(kernel, fail);
    const most = durability === "full" && callers === 1 ? 3000 : 60_000;
    let next = 0;
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (next < most) await drive.call(put, next++, caller);
      }),
    );
    const seconds = (performance.now() - begun) / 1000;
    drive.stop();
    return most / seconds;
  });

/** Milliseconds to open a ledger of so many rows with an index. */
export async function bootMs(rows: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  const path = join(folder, "ledger.db");
  const open = (): Kernel =>
    new Kernel({ disk: new Disk(path), blobs: new MemoryBlobs(), clock: new Clock("virtual"), services: [bench], settings });
  const first = open();
  first.commit({ account: "123456789012", region: "us-east-1" }, (scope) => {
    for (let value = 0; value < rows; value++) counters.put(scope, { id: `row-${value}`, value, group: `group-${value % 100}` });
  });
  first.store.flush();
  first.store.disk.close();
  const begun = performance.now();
  const second = open();
  const ms = performance.now() - begun;
  second.store.disk.close();
  rmSync(folder, { recursive: true, force: true });
  return ms;
}

const DAYS = 30;
const ALARMS = 100;
const FIVE_MINUTES = 300_000;

/** Milliseconds that thirty virtual days with a hundred alarms cost, without data or with a datum per alarm every five minutes. */
export const thirtyDaysMs = (withData: boolean): Promise<number> =>
  onDisk("relaxed", [cloudwatch], async (kernel) => {
    const drive = new Drive(kernel, fail);
    for (let nth = 0; nth < ALARMS; nth++) {
      const threshold = {
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "notBreaching",
      } as const;
      await drive.call(
        putMetricAlarm,
        { AlarmName: `alarm-${nth}`, Namespace: "Bench", MetricName: `metric-${nth}`, Statistic: "Sum", ...threshold },
        caller,
      );
    }
    const begun = performance.now();
    if (!withData) await drive.advance({ ms: DAYS * 86_400_000 });
    else {
      const MetricData = Array.from({ length: ALARMS }, (_, nth) => ({ MetricName: `metric-${nth}`, Value: 0 }));
      for (let passed = 0; passed < DAYS * 86_400_000; passed += FIVE_MINUTES) {
        await drive.call(putMetricData, { Namespace: "Bench", MetricData }, caller);
        await drive.advance({ ms: FIVE_MINUTES });
      }
    }
    const ms = performance.now() - begun;
    drive.stop();
    return ms;
  });
