import { createHash } from "node:crypto";
import type { Scope } from "../../kernel/scope.ts";

/** The canonical user id of an account, as S3 shows owners. */
export const ownerOf = (account: string): { ID: string } => ({
  ID: createHash("sha256").update(`canonical user ${account}`).digest("hex"),
});

/** Who began a multipart upload. */
export const initiatorOf = ({ caller }: Scope): { ID: string; DisplayName: string } => ({
  ID: caller.arn,
  DisplayName: caller.arn.split("/").at(-1)!,
});
