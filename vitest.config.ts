import { defineConfig } from "vitest/config";

/** Tests that run real processes and tools, or measure memory. */
const REAL = [
  "src/compute/**/*.test.ts",
  "src/dataplane/**/*.test.ts",
  "src/**/real.test.ts",
  "test/{clients,crash,stories}/**/*.test.ts",
  "test/wire/{body,mirror}.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "in memory",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: REAL,
          pool: "threads",
          isolate: false,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the others, so that what has real time-outs has the machine; a process per file, so that memory is a file's own.
        test: {
          name: "real",
          include: REAL,
          pool: "forks",
          // Clients wait more than they work: two files at a time, also on two cores.
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
