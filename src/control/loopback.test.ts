import { expect, test } from "vitest";
import { isLoopback } from "./loopback.ts";

test.each([
  "127.0.0.1",
  "127.9.9.9",
  "::1",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "localhost",
])("%s is nobody but this machine", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each([
  "192.0.2.2",
  "::ffff:192.0.2.2",
  "0.0.0.0",
  "::",
  "fd00::2",
  "127.0.0.1.example.com",
  "127.evil",
  "::ffff:1.127.0.1",
  "",
])("%s may be anybody", (host) => {
  expect(isLoopback(host)).toBe(false);
});
