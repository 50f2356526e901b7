import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import {
  DeleteLoginProfile$,
  GetLoginProfile$,
  ListMFADevices$,
  ListSigningCertificates$,
  ListSSHPublicKeys$,
  ListVirtualMFADevices$,
  NoSuchEntityException,
} from "../../sdk/iam.js";
import { userNameOf } from "./user.ts";

// What no user here has, since the operations that would give it are not implemented. Tools ask before they delete a user.

export const listMfaDevices = operation(ListMFADevices$, (scope, { UserName }) => {
  userNameOf(scope, UserName);
  return { MFADevices: [], IsTruncated: false };
});

export const listVirtualMfaDevices = operation(ListVirtualMFADevices$, () => ({ VirtualMFADevices: [], IsTruncated: false }));

export const listSigningCertificates = operation(ListSigningCertificates$, (scope, { UserName }) => {
  userNameOf(scope, UserName);
  return { Certificates: [], IsTruncated: false };
});

export const listSshPublicKeys = operation(ListSSHPublicKeys$, (scope, { UserName }) => {
  userNameOf(scope, UserName);
  return { SSHPublicKeys: [], IsTruncated: false };
});

export const getLoginProfile = operation(GetLoginProfile$, (scope, { UserName }) =>
  fault(NoSuchEntityException, `Login Profile for User ${userNameOf(scope, UserName)} cannot be found.`),
);

export const deleteLoginProfile = operation(DeleteLoginProfile$, (scope, { UserName }) =>
  fault(NoSuchEntityException, `Login Profile for User ${userNameOf(scope, UserName)} cannot be found.`),
);
