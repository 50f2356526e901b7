import type { World } from "../../testing/world.ts";
import { keys } from "./key.ts";

export const keyArn = (id: string): string => `arn:aws:kms:eu-west-1:111122223333:key/${id}`;

/** Keys that can encrypt, by ids that a template can name before they are there. */
export const putKeys = (cloud: World, ...ids: string[]): void =>
  cloud.change((scope) => {
    const key = { description: "", usage: "ENCRYPT_DECRYPT", state: "Enabled", manager: "CUSTOMER", policy: "{}", material: "" } as const;
    for (const id of ids) keys.put(scope, { id, ...key, rotates: false, createdAt: 0, tags: {} });
  });
