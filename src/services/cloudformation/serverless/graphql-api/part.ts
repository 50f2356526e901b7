import type { Section } from "../draft.ts";
import { getAtt } from "../intrinsic.ts";
import { type Resource, resource } from "../resource.ts";
import { trustOf } from "../role.ts";
import type { Declared } from "../serverless-type.ts";

/** A resource that belongs to the API. All have the attributes that it has. */
export const part = ({ id, attributes, dependsOn }: Declared, type: string, suffix: string, properties: Section): Resource =>
  resource(`AWS::AppSync::${type}`, id + suffix, { ApiId: getAtt(id, "ApiId"), ...properties }, attributes, dependsOn);

/** With this role AppSync does what its API is asked for. */
export const appSyncRole = ({ attributes, dependsOn }: Declared, id: string, further: Section = {}): Resource =>
  resource("AWS::IAM::Role", id, { AssumeRolePolicyDocument: trustOf("appsync.amazonaws.com"), ...further }, attributes, dependsOn);
