import { expect, test } from "vitest";
import { argumentsOf, contextOf } from "./context.ts";

test("a context is what semanage is told", () => {
  const context = contextOf({ name: "unconfined_u", type: "httpd_sys_content_t", range: "s0-s2:c0,c3,c2.c2,c4.c6" });
  expect(argumentsOf(context)).toEqual(["-s", "unconfined_u", "-t", "httpd_sys_content_t", "-r", "s0-s2:c0,c2.c6"]);
  expect(argumentsOf(contextOf({ type: "etc_t" }))).toEqual(["-t", "etc_t"]);
});

test.each([
  [{ range: "s3" }, 'an invalid context type ({"range"=>"s3"})'],
  [{ type: "t", range: "s3-s1" }, "a problem with the SELinux range specified (s3-s1)"],
  [{ type: "t", range: "s3:c1,c1" }, "duplicate categories"],
  [{ type: "t", range: "s3:c1024" }, "invalid category c1024"],
  [{ type: "t", range: "3" }, "invalid sensitivity 3"],
])("%o is refused", (context, message) => {
  expect(() => contextOf(context)).toThrow(message);
});
