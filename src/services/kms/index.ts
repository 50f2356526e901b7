import { service } from "../../kernel/service.ts";
import * as alias from "./alias.ts";
import * as cipher from "./cipher.ts";
import { keyLoop } from "./key.loop.ts";
import * as key from "./key.ts";
import { kmsResources } from "./resources.ts";

export const kms = service({
  name: "kms",
  operations: [
    alias.createAlias,
    alias.deleteAlias,
    alias.listAliases,
    alias.updateAlias,
    cipher.decrypt,
    cipher.encrypt,
    cipher.generateDataKey,
    cipher.generateDataKeyWithoutPlaintext,
    cipher.generateRandom,
    cipher.reEncrypt,
    key.cancelKeyDeletion,
    key.createKey,
    key.describeKey,
    key.disableKey,
    key.disableKeyRotation,
    key.enableKey,
    key.enableKeyRotation,
    key.getKeyPolicy,
    key.getKeyRotationStatus,
    key.listKeyPolicies,
    key.listKeys,
    key.listResourceTags,
    key.putKeyPolicy,
    key.scheduleKeyDeletion,
    key.tagResource,
    key.untagResource,
    key.updateKeyDescription,
  ],
  tables: [key.keys, alias.aliases],
  loops: [keyLoop],
  resources: kmsResources,
});
