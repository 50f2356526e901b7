import type { InvokeSpec } from "../../compute/job.ts";
import { handsThat, type InvokeOutcome } from "../../testing/hands.ts";
import { World } from "../../testing/world.ts";
import { cloudcontrol } from "../cloudcontrol/index.ts";
import { cloudwatchLogs } from "../cloudwatch-logs/index.ts";
import { iam } from "../iam/index.ts";
import { lambda } from "../lambda/index.ts";
import { zipOf } from "../lambda/zip.ts";
import { putObject } from "../s3/api.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3 } from "../s3/index.ts";
import { cloudformation } from "./index.ts";
import { simulated } from "./simulated-types.fixture.ts";
import { registerType } from "./type-registration.ts";
import type { JsonObject } from "./value.ts";

/** For tests: a shelf of boats, as the handlers of a type of resource see it. */
export type Shelf = Map<string, JsonObject>;

export const BOAT = "Acme::Harbour::Boat";

const permissions: string[] = [];

export const boatSchema = {
  typeName: BOAT,
  description: "A boat",
  additionalProperties: false,
  properties: {
    Name: { type: "string", pattern: "^[a-z]+$" },
    Length: { type: "integer" },
    Captain: { type: "string" },
    Secret: { type: "string" },
    Berth: { type: "object", additionalProperties: false, properties: { Number: { type: "integer" }, Code: { type: "string" } } },
    Id: { type: "string" },
  },
  required: ["Name"],
  primaryIdentifier: ["/properties/Id"],
  readOnlyProperties: ["/properties/Id", "/properties/Berth/Code"],
  createOnlyProperties: ["/properties/Name"],
  writeOnlyProperties: ["/properties/Secret"],
  typeConfiguration: {
    properties: { Harbour: { type: "string" } },
    required: ["Harbour"],
    additionalProperties: false,
  },
  handlers: {
    create: { permissions },
    read: { permissions },
    update: { permissions },
    delete: { permissions },
    list: { permissions },
  },
};

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** What `cfn submit` uploads. */
export const packageOf = (schema: object, more: Readonly<Record<string, Buffer>> = {}): Buffer =>
  zipOf(
    Object.entries({
      "schema.json": json(schema),
      ".rpdk-config": json({ runtime: "nodejs22.x", entrypoint: "handler.handle", settings: { protocolVersion: "2.0.0" } }),
      "ResourceProvider.zip": zipOf([{ name: "handler.js", bytes: Buffer.from("exports.handle = async () => ({});") }]),
      ...more,
    }).map(([name, bytes]) => ({ name, bytes })),
  );

/** How a simulated handler answers the request that it is sent. */
export type Handler = (request: any, spec: InvokeSpec) => object | InvokeOutcome;

/** A world whose handlers answer like this, after a second each. */
export const extensionWorld = (handler: Handler): World => {
  // Simulated hands ask more than once what becomes of a job; a handler that does something is to do it once.
  const answers = new Map<string, InvokeOutcome>();
  return new World({
    services: [iam, cloudwatchLogs, s3, lambda, simulated, cloudformation, cloudcontrol],
    hands: handsThat({
      invoke(spec) {
        const known = answers.get(spec.requestId);
        if (known !== undefined) return known;
        const said = handler(JSON.parse(spec.payload), spec);
        const answer = "takesMs" in said ? (said as InvokeOutcome) : { takesMs: 1000, returns: said };
        answers.set(spec.requestId, answer);
        return answer;
      },
    }),
  });
};

/** Upload a package and register it. */
export async function register(cloud: World, TypeName: string, bytes: Buffer, more: object = {}): Promise<string> {
  if (!exists(cloud))
    await cloud.call(createBucket, { Bucket: "packages", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  cloud.change((scope) => putObject(scope, "packages", "p.zip", scope.blobs.write(bytes)));
  const { RegistrationToken } = await cloud.call(registerType, { TypeName, SchemaHandlerPackage: "s3://packages/p.zip", ...more });
  return RegistrationToken!;
}

const exists = (cloud: World): boolean => cloud.scope().registry.resource("AWS::S3::Bucket")!.read(cloud.scope(), "packages") !== undefined;

/** The handlers of boats: they are slow to build, and what is on the shelf is all that there is. */
export const boatHandlers =
  (shelf: Shelf, callbacks = 0): Handler =>
  ({ action, requestData, callbackContext }) => {
    const { resourceProperties: wanted, typeConfiguration } = requestData;
    const id = wanted.Id ?? `boat-${wanted.Name}`;
    const fail = (errorCode: string, message: string) => ({ status: "FAILED", errorCode, message });
    switch (action) {
      case "CREATE": {
        const done = callbackContext?.done ?? 0;
        if (done === 0 && shelf.has(id)) return { ...fail("AlreadyExists", `${id} is there`), resourceModel: { ...wanted, Id: id } };
        if (wanted.Name === "titanic") return fail("GeneralServiceException", "it met an iceberg");
        if (done < callbacks)
          return {
            status: "IN_PROGRESS",
            callbackContext: { done: done + 1 },
            callbackDelaySeconds: 30,
            resourceModel: { ...wanted, Id: id },
          };
        shelf.set(id, { ...wanted, Id: id, Berth: { ...wanted.Berth, Code: `${typeConfiguration.Harbour ?? "sea"}-${wanted.Name}` } });
        return { status: "SUCCESS", resourceModel: { ...wanted, Id: id } };
      }
      case "UPDATE":
        if (!shelf.has(id)) return fail("NotFound", "no such boat");
        shelf.set(id, { ...wanted, Berth: { ...wanted.Berth, Code: (shelf.get(id)!["Berth"] as JsonObject)["Code"]! } });
        return { status: "SUCCESS", resourceModel: wanted };
      case "DELETE":
        if (!shelf.has(id)) return fail("NotFound", "no such boat");
        shelf.delete(id);
        return { status: "SUCCESS" };
      case "READ": {
        const found = shelf.get(id);
        if (found === undefined) return fail("NotFound", "no such boat");
        const { Secret: _, ...shown } = found;
        return { status: "SUCCESS", resourceModel: shown };
      }
      default:
        return { status: "SUCCESS", resourceModels: [...shelf.keys()].map((Id) => ({ Id })) };
    }
  };
