import { World } from "../../testing/world.ts";
import { iam } from "../iam/index.ts";
import { createRole } from "../iam/role.ts";
import { cloudformation } from "./index.ts";
import { simulated, things } from "./simulated-types.fixture.ts";
import { createStackInstances, listStackInstances } from "./stack-instance.ts";
import { createStackSet } from "./stack-set.ts";
import { describeStackSetOperation, listStackSetOperationResults, listStackSetOperations } from "./stack-set-operation.ts";
import { template, thing } from "./story.fixture.ts";

/** What the tests of stack sets have in common. */

export const ADMIN = "111122223333";
/** Accounts to deploy to. */
export const [A, B, C, D] = ["200000000001", "200000000002", "200000000003", "200000000004"] as const;
export const SET = { StackSetName: "net" };

export const setWorld = (): World => new World({ services: [iam, simulated, cloudformation] });

const trust = (Principal: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }] });

/** The roles by which self-managed stack sets get into the accounts. */
export async function allow(cloud: World, ...accounts: string[]): Promise<void> {
  await cloud.call(createRole, {
    RoleName: "AWSCloudFormationStackSetAdministrationRole",
    AssumeRolePolicyDocument: trust({ Service: "cloudformation.amazonaws.com" }),
  });
  for (const accountId of accounts) await allowIn(cloud, accountId);
}

export const allowIn = (cloud: World, accountId: string) =>
  cloud.call(
    createRole,
    {
      RoleName: "AWSCloudFormationStackSetExecutionRole",
      AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${ADMIN}:role/AWSCloudFormationStackSetAdministrationRole` }),
    },
    { accountId },
  );

export const createSet = (cloud: World, resources: object = { T: thing({ Name: "t" }) }, more: object = {}, members: object = {}) =>
  cloud.call(createStackSet, { ...SET, TemplateBody: template(resources, members), ...more });

export const deploy = async (cloud: World, Accounts: string[], Regions: string[], more: object = {}): Promise<string> =>
  (await cloud.call(createStackInstances, { ...SET, Accounts, Regions, ...more })).OperationId!;

export const operationOf = async (cloud: World, OperationId: string) =>
  (await cloud.call(describeStackSetOperation, { ...SET, OperationId })).StackSetOperation!;

/** Each account and region of an operation, with what became of it. */
export const resultsOf = async (cloud: World, OperationId: string): Promise<string[]> =>
  (await cloud.call(listStackSetOperationResults, { ...SET, OperationId })).Summaries!.map(({ Account, Region, Status, StatusReason }) =>
    [Account, Region, Status, StatusReason].filter((part) => part !== undefined).join(" "),
  );

/** The operations, oldest first. */
export const historyOf = async (cloud: World): Promise<string[]> =>
  (await cloud.call(listStackSetOperations, SET)).Summaries!.map(({ Action, Status }) => `${Action} ${Status}`).reverse();

export const instancesOf = async (cloud: World): Promise<string[]> =>
  (await cloud.call(listStackInstances, SET)).Summaries!.map(
    ({ Account, Region, Status, StackInstanceStatus }) => `${Account} ${Region} ${Status} ${StackInstanceStatus!.DetailedStatus}`,
  );

/** The things in an account and region, by their names. */
export const thingsIn = (cloud: World, account: string, region: string): string[] =>
  things.list(cloud.scope({ account, region })).map(({ id }) => id);
