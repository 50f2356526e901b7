import type { ResourceType } from "../../kernel/resource.ts";
import { service } from "../../kernel/service.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { World } from "../../testing/world.ts";
import { cloudformation } from "./index.ts";

/** For tests: resources of real types that are there, without a service that does anything with them. Its id is type and id. */
interface Held extends Row {
  readonly properties: Readonly<Record<string, any>>;
}

export const held = new Table<Held>("test/held");

const heldType = (type: string): ResourceType => ({
  type,
  ensure: (scope, declared, id = "new") => {
    held.put(scope, { id: `${type} ${id}`, properties: declared });
    return { state: "done", id };
  },
  read: (scope, id) => held.get(scope, `${type} ${id}`)?.properties,
  remove(scope, id) {
    held.remove(scope, `${type} ${id}`);
    return { state: "done", id };
  },
  list: (scope) => held.list(scope, `${type} `).map(({ id }) => id.slice(type.length + 1)),
});

const TYPES = ["AWS::Lambda::Function", "AWS::IAM::Role", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Lambda::LayerVersion"];

export const holding = (): World =>
  new World({
    services: [service({ name: "test", operations: [], tables: [held], resources: TYPES.map(heldType) }), cloudformation],
  });

/** Somebody makes a resource by hand. */
export const hold = (cloud: World, type: string, id: string, properties: object): void => {
  cloud.change((scope) => held.put(scope, { id: `${type} ${id}`, properties: { ...properties } }));
};

export const ROLE = "arn:aws:iam::111122223333:role/app";
export const TRUST = { Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };

/** A function, its role, and a queue that has nothing to do with them. */
export function application(cloud: World): void {
  hold(cloud, "AWS::IAM::Role", "app", { RoleName: "app", Arn: ROLE, AssumeRolePolicyDocument: TRUST });
  hold(cloud, "AWS::Lambda::Function", "app", {
    FunctionName: "app",
    Arn: "arn:aws:lambda:eu-west-1:111122223333:function:app",
    Role: ROLE,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: "secret" },
    Tags: [{ Key: "team", Value: "blue" }],
  });
  hold(cloud, "AWS::SQS::Queue", "https://q", { QueueName: "q", QueueUrl: "https://q", DelaySeconds: 5 });
}
