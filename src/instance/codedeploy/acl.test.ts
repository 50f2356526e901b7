import { expect, test } from "vitest";
import { aclOf, wholeAcl } from "./acl.ts";

// What AWS's agent made of the same lists.

test("entries are written out", () => {
  expect(aclOf(["u:ann:6", "group:web:r-x", "m::r", "d:u:ann:7", "d:g::5", "bob:x"])).toEqual([
    "user:ann:rw-",
    "group:web:r-x",
    "mask::r--",
    "default:user:ann:rwx",
    "default:group::r-x",
    "user:bob:--x",
  ]);
});

test.each([
  ["zz", "Invalid acl entry (zz)."],
  ["m:x:r", "Invalid acl entry (m:x:r)."],
  ["d:d:u:x:r", "Invalid acl entry (d:d:u:x:r)."],
  ["d:d:x:r", "Invalid acl entry (d:d:x:r)."],
  ["u::rw", "Use mode to set the base acl entry (u::rw)."],
  ["u:ann:q", "contains an invalid character (q)"],
])("%s is refused", (entry, message) => {
  expect(() => aclOf([entry])).toThrow(message);
});

test("what a list does not say, the mode of the file says", () => {
  expect(wholeAcl(aclOf(["u:nobody:rw"]), 0o640)).toEqual(["user:nobody:rw-", "user::rw-", "group::r--", "other::---", "mask::r--"]);
  expect(wholeAcl(aclOf(["m::r", "u:nobody:rwx"]), 0o640).filter((entry) => entry.startsWith("mask"))).toEqual(["mask::r--"]);
  expect(wholeAcl(aclOf(["d:u:nobody:7", "d:g::5"]), 0o755)).toEqual([
    "default:user:nobody:rwx",
    "default:group::r-x",
    "user::rwx",
    "group::r-x",
    "other::r-x",
    "default:user::rwx",
    "default:other::r-x",
    "default:mask::r-x",
  ]);
});
