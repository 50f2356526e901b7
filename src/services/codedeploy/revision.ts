import { createHash } from "node:crypto";
import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetApplicationRevisions$,
  BatchLimitExceededException,
  BucketNameFilterRequiredException,
  type ComputePlatform,
  DescriptionTooLongException,
  type GenericRevisionInfo,
  GetApplicationRevision$,
  InvalidRevisionException,
  ListApplicationRevisions$,
  RegisterApplicationRevision$,
  RevisionDoesNotExistException,
  type RevisionLocation,
  RevisionRequiredException,
} from "../../sdk/codedeploy.js";
import { invalidToken, requireApplication } from "./application.ts";
import { lastGoodOf } from "./deployment.ts";
import { groups } from "./group.ts";

/** A revision that an application knows, by the application and a digest of where it is. */
export interface Revision extends Row {
  readonly application: string;
  readonly location: Stored<RevisionLocation>;
  readonly description?: string;
  readonly registeredAt: number;
  readonly firstUsedAt?: number;
  readonly lastUsedAt?: number;
}

export const revisions = new Table<Revision>("codedeploy/revision");

const DESCRIPTION_MAX = 100;
const BATCH_MAX = 25;

export const registerApplicationRevision = operation(RegisterApplicationRevision$, (scope, { applicationName, description, revision }) => {
  const { id: application, platform } = requireApplication(scope, applicationName);
  checkDescription(description);
  checkRevision(revision, platform);
  const id = revisionId(application, revision!);
  const known = revisions.get(scope, id) ?? { id, application, location: stored(revision!), registeredAt: scope.clock.now() };
  revisions.put(scope, { ...known, ...(description !== undefined && { description }) });
  return {};
});

export const getApplicationRevision = operation(GetApplicationRevision$, (scope, { applicationName, revision }) => {
  const { id: application, platform } = requireApplication(scope, applicationName);
  checkRevision(revision, platform);
  const found = revisions.get(scope, revisionId(application, revision!));
  if (found === undefined) return fault(RevisionDoesNotExistException, "The specified revision does not exist with the application.");
  return { applicationName: application, revision: found.location as RevisionLocation, revisionInfo: infoOf(scope, found) };
});

export const batchGetApplicationRevisions = operation(
  BatchGetApplicationRevisions$,
  (scope, { applicationName, revisions: asked = [] }) => {
    const { id: application, platform } = requireApplication(scope, applicationName);
    if (asked.length === 0) fault(RevisionRequiredException, "At least one revision must be specified.");
    if (asked.length > BATCH_MAX) fault(BatchLimitExceededException, `The maximum number of items in a batch (${BATCH_MAX}) was exceeded.`);
    for (const revision of asked) checkRevision(revision, platform);
    const found = asked.flatMap((revision) => revisions.get(scope, revisionId(application, revision)) ?? []);
    const missing = asked.length - found.length;
    return {
      applicationName: application,
      revisions: found.map((one) => ({ revisionLocation: one.location as RevisionLocation, genericRevisionInfo: infoOf(scope, one) })),
      ...(missing > 0 && { errorMessage: `${missing} of the revisions do not exist with the application ${application}.` }),
    };
  },
);

const TIMES = { registerTime: "registeredAt", firstUsedTime: "firstUsedAt", lastUsedTime: "lastUsedAt" } as const;

export const listApplicationRevisions = operation(ListApplicationRevisions$, (scope, input) => {
  const { applicationName, sortBy = "registerTime", sortOrder = "ascending", s3Bucket, s3KeyPrefix, deployed, nextToken } = input;
  const { id: application } = requireApplication(scope, applicationName);
  if (s3KeyPrefix !== undefined && s3Bucket === undefined)
    fault(BucketNameFilterRequiredException, "A bucket name is required where a key prefix is specified.");
  const found = revisions.list(scope, `${application}/`).filter((revision) => {
    const { s3Location } = revision.location;
    if (s3Bucket !== undefined && s3Location?.bucket !== s3Bucket) return false;
    if (s3KeyPrefix !== undefined && !s3Location?.key?.startsWith(s3KeyPrefix)) return false;
    if (deployed === undefined || deployed === "ignore") return true;
    return groupsAt(scope, revision).length > 0 === (deployed === "include");
  });
  const sign = sortOrder === "descending" ? -1 : 1;
  const member = TIMES[sortBy as keyof typeof TIMES];
  const sorted = found
    .sort((one, other) => sign * ((one[member] ?? 0) - (other[member] ?? 0)) || (one.id < other.id ? -1 : 1))
    .map((revision, index) => ({ ...revision, place: String(index).padStart(9, "0") }));
  const paged = page(sorted, ({ place }) => place, 100, nextToken, invalidToken);
  return {
    revisions: paged.items.map(({ location }) => location as RevisionLocation),
    ...(paged.nextToken && { nextToken: paged.nextToken }),
  };
});

/** A deployment uses a revision: the application knows it from then on. */
export function useRevision(scope: Scope, application: string, location: RevisionLocation): void {
  const id = revisionId(application, location);
  const now = scope.clock.now();
  const known = revisions.get(scope, id) ?? { id, application, location: stored(location), registeredAt: now };
  revisions.put(scope, { ...known, firstUsedAt: known.firstUsedAt ?? now, lastUsedAt: now });
}

/** Refuse what is none, or none of the platform. https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_RevisionLocation.html */
export function checkRevision(revision: RevisionLocation | undefined, platform: ComputePlatform): void {
  if (revision === undefined) return fault(RevisionRequiredException, "The revision was not specified.");
  const refuse = (message: string): never => fault(InvalidRevisionException, message);
  const { revisionType, s3Location, gitHubLocation } = revision;
  switch (revisionType) {
    case "S3": {
      if (!s3Location?.bucket) refuse("The bucket name of the revision's S3 location was not specified.");
      if (!s3Location?.key) refuse("The key of the revision's S3 location was not specified.");
      if (!s3Location?.bundleType) refuse("The bundle type of the revision's S3 location was not specified.");
      const isText = s3Location?.bundleType === "YAML" || s3Location?.bundleType === "JSON";
      if (isText !== (platform !== "Server"))
        refuse(`The bundle type ${s3Location?.bundleType} is not supported for the ${platform} compute platform.`);
      return;
    }
    case "GitHub":
      if (platform !== "Server") refuse(`GitHub revisions are not supported for the ${platform} compute platform.`);
      if (!/^[^/]+\/[^/]+$/.test(gitHubLocation?.repository ?? ""))
        refuse("The repository of a GitHub revision must be specified as account/repository.");
      if (!/^[0-9a-f]{40}$/i.test(gitHubLocation?.commitId ?? ""))
        refuse("The commit ID of a GitHub revision must be a SHA-1 of 40 characters.");
      return;
    case "String":
    case "AppSpecContent": {
      if (platform === "Server") refuse("An AppSpec file as a text is not supported for the Server compute platform.");
      const content = revision.appSpecContent?.content ?? revision.string?.content;
      if (content === undefined) refuse("The content of the AppSpec file was not specified.");
      const sha256 = revision.appSpecContent?.sha256 ?? revision.string?.sha256;
      if (sha256 !== undefined && sha256 !== sha256Of(content!))
        refuse("The SHA256 hash of the revision's content does not match the specified one.");
      return;
    }
    default:
      refuse("The revision type was not specified.");
  }
}

/** The text of the AppSpec file of a revision that is nothing else. */
export function appSpecOf(scope: Scope, { revisionType, appSpecContent, string: text, s3Location }: RevisionLocation): string {
  if (revisionType !== "S3") return (appSpecContent?.content ?? text?.content)!;
  const { bucket, key, version } = s3Location!;
  const found = scope.registry.reference("s3")?.resolve(scope, `${bucket}/${key}${version ? `?versionId=${version}` : ""}`);
  if (found?.state !== "value") return fault(InvalidRevisionException, `The revision s3://${bucket}/${key} could not be found.`);
  return scope.blobs.read(found.value).toString();
}

/** A revision that holds an AppSpec, as CodeDeploy keeps it. */
export const revisionOf = (content: string): RevisionLocation => ({
  revisionType: "AppSpecContent",
  appSpecContent: { content, sha256: sha256Of(content) },
});

export function checkDescription(description: string | undefined): void {
  if ((description?.length ?? 0) > DESCRIPTION_MAX)
    fault(DescriptionTooLongException, `The description is too long: ${DESCRIPTION_MAX} characters at most.`);
}

/** Two locations with the same members are one revision. */
export function revisionKey(location: RevisionLocation | Stored<RevisionLocation>): string {
  const members = Object.entries(stored(location)).map(([name, value]) =>
    typeof value === "object" ? [name, Object.entries(value).sort()] : [name, value],
  );
  return sha256Of(JSON.stringify(members.sort()));
}

const revisionId = (application: string, location: RevisionLocation): string => `${application}/${revisionKey(location)}`;

const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The groups whose last good deployment brought it. */
const groupsAt = (scope: Scope, { application, location }: Revision): string[] =>
  groups.list(scope, `${application}/`).flatMap(({ id, name }) => {
    const last = lastGoodOf(scope, id);
    return last !== undefined && revisionKey(last.revision as RevisionLocation) === revisionKey(location) ? [name] : [];
  });

function infoOf(scope: Scope, revision: Revision): GenericRevisionInfo {
  const { description, registeredAt, firstUsedAt, lastUsedAt } = revision;
  return {
    ...(description !== undefined && { description }),
    deploymentGroups: groupsAt(scope, revision),
    registerTime: new Date(registeredAt),
    ...(firstUsedAt !== undefined && { firstUsedTime: new Date(firstUsedAt) }),
    ...(lastUsedAt !== undefined && { lastUsedTime: new Date(lastUsedAt) }),
  };
}
