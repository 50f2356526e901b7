import { fault } from "../../kernel/fault.ts";
import { idsFrom } from "../../kernel/id.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  CFNRegistryException,
  DescribePublisher$,
  type IdentityProvider,
  PublishType$,
  RegisterPublisher$,
} from "../../sdk/cloudformation.js";
import { AWS_HOOKS, LAMBDA_HOOK, lambdaHookExtension } from "./lambda-hook.ts";
import { type Kind, noSuchType, readTypeArn } from "./type.ts";
import { type Extension, namedVersion, type TypeVersion } from "./type-version.ts";

/** An account that publishes extensions; its id is its publisher id. */
export interface Publisher extends Row {
  readonly account: string;
  readonly identityProvider: IdentityProvider;
  readonly connectionArn?: string;
}

export const publishers = new Table<Publisher>("cloudformation/publisher", {
  reach: "global",
  indexes: { account: ({ account }) => account },
});

/** A version of a public extension, for every account; its id is region/publisher/kind/name/version, so that versions are in order. */
export interface PublicType extends Row, Extension {
  readonly kind: Kind;
  readonly typeName: string;
  readonly publisherId: string;
  readonly version: string;
  readonly arn: string;
  readonly publishedAt: number;
}

export const publicTypes = new Table<PublicType>("cloudformation/public-type", { reach: "global" });

/** The identity behind a connection; without one it is AWS Marketplace's. */
const providerOf = (connectionArn: string | undefined): IdentityProvider =>
  connectionArn === undefined ? "AWS_Marketplace" : /bitbucket/i.test(connectionArn) ? "Bitbucket" : "GitHub";

const ownPublisher = (scope: Scope): Publisher | undefined => publishers.by(scope, "account", scope.account)[0];

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/publish-extension.html */
export function ensurePublisher(scope: Scope, connectionArn: string | undefined): Publisher {
  return (
    ownPublisher(scope) ??
    publishers.put(scope, {
      id: idsFrom(`publisher ${scope.account}`).hex(40),
      account: scope.account,
      identityProvider: providerOf(connectionArn),
      ...(connectionArn !== undefined && { connectionArn }),
    })
  );
}

export const registerPublisher = operation(RegisterPublisher$, (scope, { AcceptTermsAndConditions, ConnectionArn }) => {
  if (!AcceptTermsAndConditions)
    fault(CFNRegistryException, "You must accept the terms and conditions in order to register to publish public extensions.");
  return { PublisherId: ensurePublisher(scope, ConnectionArn).id };
});

export const describePublisher = operation(DescribePublisher$, (scope, { PublisherId }) => {
  const found = PublisherId === undefined ? ownPublisher(scope) : publishers.get(scope, PublisherId);
  if (found === undefined) return fault(CFNRegistryException, `Publisher ${PublisherId ?? scope.account} is not registered.`);
  return { PublisherId: found.id, PublisherStatus: "VERIFIED" as const, IdentityProvider: found.identityProvider };
});

export const publishType = operation(PublishType$, (scope, input) => {
  const version = namedVersion(scope, input);
  return { PublicTypeArn: publish(scope, version, input.PublicVersionNumber).arn };
});

/** Publish a version for every account of the region. What was not tested with success cannot be. */
export function publish(scope: Scope, version: TypeVersion, number?: string): PublicType {
  const publisher = ownPublisher(scope) ?? fault(CFNRegistryException, "This account is not registered as a publisher.");
  const { kind, typeName, schema, configurationSchema, handler } = version;
  if (version.tests !== "PASSED")
    fault(CFNRegistryException, `Version ${version.version} of type ${typeName} has not passed its tests: ${version.tests}.`);
  const series = `${scope.region}/${publisher.id}/${kind}/${typeName}`;
  const known = publicTypes.list(scope, `${series}/`);
  const wanted = number ?? nextAfter(known.at(-1)?.version);
  if (known.some((one) => one.version === wanted))
    fault(CFNRegistryException, `Version ${wanted} of type ${typeName} is already published.`);
  return publicTypes.put(scope, {
    id: `${series}/${ordered(wanted)}`,
    kind,
    typeName,
    publisherId: publisher.id,
    version: wanted,
    arn: `${publicArn(scope, kind, publisher.id, typeName)}/${wanted}`,
    publishedAt: scope.clock.now(),
    schema,
    ...(handler && { handler }),
    ...(configurationSchema && { configurationSchema }),
  });
}

const publicArn = (scope: Scope, kind: Kind, publisherId: string, typeName: string): string =>
  `arn:aws:cloudformation:${scope.region}::type/${kind.toLowerCase()}/${publisherId}/${typeName.replaceAll("::", "-")}`;

/** A version in the form in which text order is the order of versions. */
const ordered = (version: string): string =>
  version
    .split(".")
    .map((part) => part.padStart(6, "0"))
    .join(".");

/** CloudFormation raises the patch where nobody names a number. */
function nextAfter(version: string | undefined): string {
  if (version === undefined) return "1.0.0";
  const [major, minor, patch] = version.split(".");
  return `${major}.${minor}.${Number.parseInt(patch!, 10) + 1}`;
}

const AWS_HOOK = /AWS(?:::|-)Hooks(?:::|-)(\w+)/;

/** The hooks that AWS publishes: that which asks a function is here, that which needs Guard's language is not. */
function awsHook(scope: Scope, { TypeName, PublicTypeArn }: PublicNames): PublicType | undefined {
  const [, name] = AWS_HOOK.exec(TypeName ?? PublicTypeArn ?? "") ?? [];
  if (name === undefined) return undefined;
  if (name !== "LambdaHook") fault("NotImplemented", `Slipway does not implement the hook AWS::Hooks::${name}`, 501);
  const { schema, configurationSchema } = lambdaHookExtension;
  const arn = `arn:aws:cloudformation:${scope.region}::type/hook/${AWS_HOOKS}/AWS-Hooks-LambdaHook/1.0.0`;
  return {
    id: `${scope.region}/${AWS_HOOKS}/HOOK/${LAMBDA_HOOK}/1.0.0`,
    kind: "HOOK",
    typeName: LAMBDA_HOOK,
    publisherId: AWS_HOOKS,
    version: "1.0.0",
    arn,
    publishedAt: 0,
    schema,
    configurationSchema,
  };
}

export interface PublicNames {
  readonly Type?: Kind | undefined;
  readonly TypeName?: string | undefined;
  readonly PublicTypeArn?: string | undefined;
  readonly PublisherId?: string | undefined;
  readonly version?: string | undefined;
  /** The highest version that begins like this is wanted. */
  readonly majorVersion?: string | undefined;
}

/** A version of a public extension: the newest, where none is named. Only what was published in this cloud can be found. */
export function publicExtension(scope: Scope, names: PublicNames): PublicType {
  const { Type = "RESOURCE", TypeName, PublicTypeArn, PublisherId, version, majorVersion } = names;
  const own = awsHook(scope, names);
  if (own !== undefined) return own;
  const parsed = PublicTypeArn === undefined ? undefined : readTypeArn(PublicTypeArn);
  const found = publicTypes.list(scope, `${scope.region}/${parsed?.publisherId ?? PublisherId}/${parsed?.kind ?? Type}/`).filter((one) => {
    const isNamed = parsed === undefined ? one.typeName === TypeName : one.typeName.replaceAll("::", "-") === parsed.dashed;
    const wanted = parsed?.version ?? version;
    const fits = majorVersion === undefined || one.version.split(".")[0] === majorVersion;
    return isNamed && fits && (wanted === undefined || one.version === wanted);
  });
  return found.at(-1) ?? noSuchType(TypeName ?? PublicTypeArn ?? "");
}
