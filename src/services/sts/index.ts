import { service } from "../../kernel/service.ts";
import {
  assumeRole,
  assumeRoleWithWebIdentity,
  getAccessKeyInfo,
  getCallerIdentity,
  getFederationToken,
  getSessionToken,
} from "./identity.ts";
import { authorizeWithin, sessionKey, sessions } from "./session.ts";

export const sts = service({
  name: "sts",
  operations: [assumeRole, assumeRoleWithWebIdentity, getAccessKeyInfo, getCallerIdentity, getFederationToken, getSessionToken],
  tables: [sessions],
  keys: sessionKey,
  authorize: authorizeWithin,
});
