import { type Stored, stored } from "../../kernel/json.ts";
import type { StartBuildBatchInput, StartBuildInput } from "../../sdk/codebuild.js";
import type { Variable } from "./build.ts";
import type { Declaration } from "./project.ts";

/** The project's declaration, as one start of a build or of a batch overrides it. */
export function overridden(declaration: Declaration, input: StartBuildInput | StartBuildBatchInput): Declaration {
  const given = stored(input) as Stored<StartBuildInput & StartBuildBatchInput>;
  const { source, environment } = declaration;
  const replaced = <T>(override: T | undefined, known: T): T => (override === undefined ? known : override);
  return {
    ...declaration,
    source: {
      ...source!,
      ...defined({
        type: given.sourceTypeOverride,
        location: given.sourceLocationOverride,
        buildspec: given.buildspecOverride,
        gitCloneDepth: given.gitCloneDepthOverride,
        gitSubmodulesConfig: given.gitSubmodulesConfigOverride,
        auth: given.sourceAuthOverride,
        insecureSsl: given.insecureSslOverride,
        reportBuildStatus: given.reportBuildStatusOverride ?? given.reportBuildBatchStatusOverride,
        buildStatusConfig: given.buildStatusConfigOverride,
      }),
    },
    environment: {
      ...environment!,
      ...defined({
        type: given.environmentTypeOverride,
        image: given.imageOverride,
        computeType: given.computeTypeOverride,
        privilegedMode: given.privilegedModeOverride,
        certificate: given.certificateOverride,
        registryCredential: given.registryCredentialOverride,
        imagePullCredentialsType: given.imagePullCredentialsTypeOverride,
        fleet: given.fleetOverride,
      }),
      environmentVariables: mergedVariables(environment?.environmentVariables ?? [], given.environmentVariablesOverride ?? []),
    },
    ...defined({
      secondarySources: replaced(given.secondarySourcesOverride, declaration.secondarySources),
      secondarySourceVersions: replaced(given.secondarySourcesVersionOverride, declaration.secondarySourceVersions),
      artifacts: replaced(given.artifactsOverride, declaration.artifacts),
      secondaryArtifacts: replaced(given.secondaryArtifactsOverride, declaration.secondaryArtifacts),
      serviceRole: replaced(given.serviceRoleOverride, declaration.serviceRole),
      timeoutInMinutes: replaced(given.timeoutInMinutesOverride ?? given.buildTimeoutInMinutesOverride, declaration.timeoutInMinutes),
      autoRetryLimit: replaced(given.autoRetryLimitOverride, declaration.autoRetryLimit),
      buildBatchConfig: replaced(given.buildBatchConfigOverride, declaration.buildBatchConfig),
      queuedTimeoutInMinutes: replaced(given.queuedTimeoutInMinutesOverride, declaration.queuedTimeoutInMinutes),
      encryptionKey: replaced(given.encryptionKeyOverride, declaration.encryptionKey),
      logsConfig: replaced(given.logsConfigOverride, declaration.logsConfig),
      cache: replaced(given.cacheOverride, declaration.cache),
    }),
  } as Declaration;
}

/** The variables with those that override them. */
export function mergedVariables(known: readonly Variable[], overrides: readonly Variable[]): Variable[] {
  const names = new Set(overrides.map(({ name }) => name));
  return [...known.filter(({ name }) => !names.has(name)), ...overrides];
}

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
