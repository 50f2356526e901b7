import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CreateServiceSpecificCredential$,
  DeleteServiceSpecificCredential$,
  LimitExceededException,
  ListServiceSpecificCredentials$,
  NoSuchEntityException,
  ResetServiceSpecificCredential$,
  ServiceNotSupportedException,
  UpdateServiceSpecificCredential$,
} from "../../sdk/iam.js";
import { userNameOf } from "./user.ts";

/** A user's name and password for one service: CodeCommit over HTTP. */
export interface ServiceCredential extends Row {
  readonly account: string;
  readonly user: string;
  readonly serviceName: string;
  readonly serviceUserName: string;
  readonly password: string;
  readonly status: "Active" | "Inactive";
  readonly createdAt: number;
}

export const serviceCredentials = new Table<ServiceCredential>("iam/service-credential", {
  reach: "global",
  indexes: { user: ({ user }) => user, name: ({ serviceUserName }) => serviceUserName },
});

const SUPPORTED = ["codecommit.amazonaws.com", "cassandra.amazonaws.com", "bedrock.amazonaws.com"];

export const createServiceSpecificCredential = operation(CreateServiceSpecificCredential$, (scope, { UserName, ServiceName }) => {
  const user = userNameOf(scope, UserName);
  if (!SUPPORTED.includes(ServiceName!))
    fault(ServiceNotSupportedException, `The service ${ServiceName} does not support service-specific credentials.`);
  if (ofUser(scope, user).filter(({ serviceName }) => serviceName === ServiceName).length >= 2) {
    fault(LimitExceededException, "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2");
  }
  const credential = serviceCredentials.put(scope, {
    id: `ACCA${scope.id.text(17)}`,
    account: scope.account,
    user,
    serviceName: ServiceName!,
    serviceUserName: `${user}-at-${scope.account}${"+".repeat(ofUser(scope, user).length)}`,
    password: newPassword(scope),
    status: "Active",
    createdAt: scope.clock.now(),
  });
  return { ServiceSpecificCredential: { ...shown(credential), ServicePassword: credential.password } };
});

export const listServiceSpecificCredentials = operation(ListServiceSpecificCredentials$, (scope, { UserName, ServiceName }) => {
  const found = ofUser(scope, userNameOf(scope, UserName)).filter(
    ({ serviceName }) => ServiceName === undefined || serviceName === ServiceName,
  );
  return { ServiceSpecificCredentials: found.map(shown) };
});

export const resetServiceSpecificCredential = operation(ResetServiceSpecificCredential$, (scope, { ServiceSpecificCredentialId }) => {
  const { id } = requireCredential(scope, ServiceSpecificCredentialId!);
  const credential = serviceCredentials.patch(scope, id, { password: newPassword(scope) });
  return { ServiceSpecificCredential: { ...shown(credential), ServicePassword: credential.password } };
});

export const updateServiceSpecificCredential = operation(
  UpdateServiceSpecificCredential$,
  (scope, { ServiceSpecificCredentialId, Status }) => {
    const { id } = requireCredential(scope, ServiceSpecificCredentialId!);
    serviceCredentials.patch(scope, id, { status: Status as ServiceCredential["status"] });
    return {};
  },
);

export const deleteServiceSpecificCredential = operation(DeleteServiceSpecificCredential$, (scope, { ServiceSpecificCredentialId }) => {
  serviceCredentials.remove(scope, requireCredential(scope, ServiceSpecificCredentialId!).id);
  return {};
});

const ofUser = (scope: Scope, name: string): ServiceCredential[] =>
  serviceCredentials.by(scope, "user", name).filter(({ account }) => account === scope.account);

function requireCredential(scope: Scope, id: string): ServiceCredential {
  const credential = serviceCredentials.get(scope, id);
  return credential?.account === scope.account ? credential : fault(NoSuchEntityException, `No such credential ${id} exists`);
}

const newPassword = (scope: Scope): string => `${scope.id.text(43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")}=`;

const shown = ({ id, user, serviceName, serviceUserName, status, createdAt }: ServiceCredential) => ({
  CreateDate: new Date(createdAt),
  ServiceName: serviceName,
  ServiceUserName: serviceUserName,
  ServiceSpecificCredentialId: id,
  UserName: user,
  Status: status,
});
