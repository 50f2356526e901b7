import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import type { Tags } from "../../kernel/tag.ts";
import type { FunctionConfiguration } from "../../sdk/lambda.js";
import { type Code, sha256Of } from "./code.ts";
import { type Configuration, logGroupOf } from "./configuration.ts";
import { functionArn, LATEST, referenceOf } from "./name.ts";
import { notFound } from "./refusal.ts";

/** What can be invoked: code and configuration, as they are now ($LATEST) or as a version froze them. */
export interface Revision {
  readonly configuration: Configuration;
  readonly code: Code;
  /** A new one with every change. */
  readonly revisionId: string;
  readonly modifiedAt: number;
}

/** A function, by its name; what it is made of is its $LATEST. */
export interface LambdaFunction extends Row, Revision {
  readonly tags: Tags;
  /** The number of the last version published; numbers are never used again. */
  readonly lastVersion: number;
  /** How many invocations may run at once; undefined where it shares what the account has. */
  readonly reservedConcurrency?: number;
}

export const functions = new Table<LambdaFunction>("lambda/function", {
  arn: ({ id }, { account, region }) => `arn:aws:lambda:${region}:${account}:function:${id}`,
});

/** The function that a FunctionName means, and the scope of its partition; what else it names is the caller's to look at. */
export function requireFunction(
  scope: Scope,
  text: string,
  qualifier?: string,
): { scope: Scope; fn: LambdaFunction; name: string; qualifier?: string } {
  const reference = referenceOf(scope, text, qualifier);
  const fn = functions.get(reference.scope, reference.name);
  if (fn === undefined) return noSuchFunction(reference.scope, reference.name, reference.qualifier);
  return { ...reference, fn };
}

export const noSuchFunction = (scope: Scope, name: string, qualifier?: string): never =>
  notFound(`Function not found: ${functionArn(scope, name, qualifier)}`);

/** Give a function another code or configuration; one that is the same already is left as it is. */
export function changeFunction(
  scope: Scope,
  fn: LambdaFunction,
  change: Partial<Pick<Revision, "configuration" | "code">>,
): LambdaFunction {
  const { configuration = fn.configuration, code = fn.code } = change;
  if (sameJson(configuration, fn.configuration) && code.digest === fn.code.digest) return fn;
  return functions.patch(scope, fn.id, { configuration, code, revisionId: scope.id.uuid(), modifiedAt: scope.clock.now() });
}

/** A revision as the API shows it, under the ARN that it was asked for by. */
export function shownRevision(scope: Scope, name: string, revision: Revision, version = LATEST, qualifier?: string): FunctionConfiguration {
  const { configuration, code, revisionId, modifiedAt } = revision;
  const { Variables, DeadLetterArn, Layers, LoggingConfig, TracingMode, EphemeralStorage, Architectures, ...rest } = configuration;
  return {
    FunctionName: name,
    FunctionArn: functionArn(scope, name, qualifier),
    ...rest,
    CodeSize: code.size,
    CodeSha256: sha256Of(code),
    LastModified: new Date(modifiedAt).toISOString().replace("Z", "+0000"),
    Version: version,
    RevisionId: revisionId,
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Architectures: [...Architectures],
    EphemeralStorage: { Size: EphemeralStorage },
    TracingConfig: { Mode: TracingMode },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: { LogFormat: "Text", ...LoggingConfig, LogGroup: logGroupOf(name, configuration) },
    ...(Variables && { Environment: { Variables: { ...Variables } } }),
    ...(DeadLetterArn && { DeadLetterConfig: { TargetArn: DeadLetterArn } }),
    ...(Layers && { Layers: Layers.map(({ arn, code: { size } }) => ({ Arn: arn, CodeSize: size })) }),
  };
}
