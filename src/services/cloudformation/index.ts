import { service } from "../../kernel/service.ts";
import { describeAccountLimits } from "./account-limit.ts";
import * as automatic from "./auto-deployment.ts";
import { changeSetLoop } from "./change-set.loop.ts";
import * as changeSet from "./change-set.ts";
import { describeChangeSetHooks } from "./change-set-hook.ts";
import * as custom from "./custom-resource.ts";
import { driftLoop } from "./drift.loop.ts";
import * as drift from "./drift.ts";
import * as event from "./event.ts";
import * as exporting from "./export.ts";
import { generatedTemplateLoop } from "./generated-template.loop.ts";
import * as generated from "./generated-template.ts";
import { handlerCallLoop } from "./handler-call.loop.ts";
import { handlerCalls, recordHandlerProgress } from "./handler-call.ts";
import { hookResultLoop } from "./hook-result.loop.ts";
import * as hook from "./hook-result.ts";
import { lambdaHook } from "./lambda-hook.ts";
import { macros, macroType } from "./macro.ts";
import { cdkMetadata } from "./metadata.ts";
import { nestedStack } from "./nested-stack.ts";
import * as operation from "./operation.ts";
import { describeEvents } from "./operation-event.ts";
import * as organization from "./organizations-access.ts";
import { privateListings, privateResources } from "./private-resource.ts";
import * as published from "./public-type.ts";
import { recorded } from "./recorded.ts";
import * as resource from "./resource.ts";
import { resourceDrifts } from "./resource-drift.ts";
import { resourceScanLoop } from "./resource-scan.loop.ts";
import * as scan from "./resource-scan.ts";
import * as signal from "./signal.ts";
import { stackLoop } from "./stack.loop.ts";
import * as stack from "./stack.ts";
import { removeAlias, setAlias } from "./stack-alias.ts";
import * as instance from "./stack-instance.ts";
import * as policy from "./stack-policy.ts";
import { stackRefactorLoop } from "./stack-refactor.loop.ts";
import * as refactor from "./stack-refactor.ts";
import { stackSetLoop } from "./stack-set.loop.ts";
import * as set from "./stack-set.ts";
import * as setDrift from "./stack-set-drift.ts";
import { stackSetOperationLoop } from "./stack-set-operation.loop.ts";
import * as setOperation from "./stack-set-operation.ts";
import { stackSetOperationResultLoop } from "./stack-set-operation-result.loop.ts";
import { operationResults } from "./stack-set-operation-result.ts";
import { stackSet } from "./stack-set-resource.ts";
import * as template from "./stored-template.ts";
import { estimateTemplateCost } from "./template-cost.ts";
import { getTemplateSummary, validateTemplate } from "./template-summary.ts";
import * as type from "./type.ts";
import * as activation from "./type-activation.ts";
import * as configuration from "./type-configuration.ts";
import { typeRegistrationLoop } from "./type-registration.loop.ts";
import * as registration from "./type-registration.ts";
import { extensionTypes } from "./type-resource.ts";
import { typeTestLoop } from "./type-test.loop.ts";
import { testType, typeTests } from "./type-test.ts";
import * as version from "./type-version.ts";

export const cloudformation = service({
  name: "cloudformation",
  operations: [
    organization.activateOrganizationsAccess,
    activation.activateType,
    configuration.batchDescribeTypeConfigurations,
    operation.cancelUpdateStack,
    operation.continueUpdateRollback,
    changeSet.createChangeSet,
    generated.createGeneratedTemplate,
    operation.createStack,
    instance.createStackInstances,
    set.createStackSet,
    organization.deactivateOrganizationsAccess,
    activation.deactivateType,
    refactor.createStackRefactor,
    changeSet.deleteChangeSet,
    generated.deleteGeneratedTemplate,
    operation.deleteStack,
    instance.deleteStackInstances,
    set.deleteStackSet,
    type.deregisterType,
    describeAccountLimits,
    changeSet.describeChangeSet,
    describeChangeSetHooks,
    describeEvents,
    organization.describeOrganizationsAccess,
    generated.describeGeneratedTemplate,
    published.describePublisher,
    scan.describeResourceScan,
    drift.describeStackDriftDetectionStatus,
    event.describeStackEvents,
    instance.describeStackInstance,
    resource.describeStackResource,
    drift.describeStackResourceDrifts,
    refactor.describeStackRefactor,
    resource.describeStackResources,
    stack.describeStacks,
    set.describeStackSet,
    setOperation.describeStackSetOperation,
    type.describeType,
    registration.describeTypeRegistration,
    drift.detectStackDrift,
    drift.detectStackResourceDrift,
    setDrift.detectStackSetDrift,
    estimateTemplateCost,
    changeSet.executeChangeSet,
    refactor.executeStackRefactor,
    generated.getGeneratedTemplate,
    hook.getHookResult,
    policy.getStackPolicy,
    template.getTemplate,
    getTemplateSummary,
    instance.importStacksToStackSet,
    changeSet.listChangeSets,
    exporting.listExports,
    generated.listGeneratedTemplates,
    hook.listHookResults,
    exporting.listImports,
    setDrift.listStackInstanceResourceDrifts,
    instance.listStackInstances,
    scan.listResourceScanRelatedResources,
    scan.listResourceScanResources,
    scan.listResourceScans,
    refactor.listStackRefactorActions,
    refactor.listStackRefactors,
    resource.listStackResources,
    stack.listStacks,
    automatic.listStackSetAutoDeploymentTargets,
    setOperation.listStackSetOperationResults,
    setOperation.listStackSetOperations,
    set.listStackSets,
    type.listTypes,
    registration.listTypeRegistrations,
    version.listTypeVersions,
    published.publishType,
    recordHandlerProgress,
    published.registerPublisher,
    registration.registerType,
    removeAlias,
    operation.rollbackStack,
    setAlias,
    policy.setStackPolicy,
    configuration.setTypeConfiguration,
    version.setTypeDefaultVersion,
    signal.signalResource,
    setOperation.stopStackSetOperation,
    scan.startResourceScan,
    testType,
    generated.updateGeneratedTemplate,
    operation.updateStack,
    instance.updateStackInstances,
    set.updateStackSet,
    stack.updateTerminationProtection,
    validateTemplate,
  ],
  tables: [
    stack.stacks,
    resource.resources,
    template.templates,
    changeSet.changeSets,
    event.lastEvents,
    drift.driftDetections,
    recorded,
    resourceDrifts,
    refactor.stackRefactors,
    scan.resourceScans,
    scan.scannedResources,
    generated.generatedTemplates,
    exporting.exported,
    macros,
    custom.customResponses,
    custom.customData,
    signal.signals,
    signal.waitHandles,
    signal.waitData,
    set.stackSets,
    instance.stackInstances,
    setOperation.stackSetOperations,
    operationResults,
    organization.organizationsAccesses,
    type.types,
    version.typeVersions,
    registration.typeRegistrations,
    configuration.typeConfigurations,
    published.publishers,
    published.publicTypes,
    typeTests,
    handlerCalls,
    hook.hookResults,
    privateResources,
    privateListings,
  ],
  streams: [event.stackEvents],
  loops: [
    stackLoop,
    changeSetLoop,
    driftLoop,
    stackSetLoop,
    stackSetOperationLoop,
    stackSetOperationResultLoop,
    stackRefactorLoop,
    resourceScanLoop,
    generatedTemplateLoop,
    typeRegistrationLoop,
    typeTestLoop,
    handlerCallLoop,
    hookResultLoop,
  ],
  resources: [
    cdkMetadata,
    custom.customResource,
    lambdaHook,
    ...extensionTypes,
    macroType,
    nestedStack,
    stackSet,
    signal.waitCondition,
    signal.waitConditionHandle,
  ],
});
