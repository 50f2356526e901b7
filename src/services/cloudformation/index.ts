import { service } from "../../kernel/service.ts";
import { changeSetLoop } from "./change-set.loop.ts";
import * as changeSet from "./change-set.ts";
import * as custom from "./custom-resource.ts";
import { driftLoop } from "./drift.loop.ts";
import * as drift from "./drift.ts";
import * as event from "./event.ts";
import * as exporting from "./export.ts";
import { macros, macroType } from "./macro.ts";
import { cdkMetadata } from "./metadata.ts";
import { nestedStack } from "./nested-stack.ts";
import * as operation from "./operation.ts";
import { describeEvents } from "./operation-event.ts";
import * as resource from "./resource.ts";
import { resourceDrifts } from "./resource-drift.ts";
import * as signal from "./signal.ts";
import { stackLoop } from "./stack.loop.ts";
import * as stack from "./stack.ts";
import * as policy from "./stack-policy.ts";
import * as template from "./stored-template.ts";
import { getTemplateSummary, validateTemplate } from "./template-summary.ts";

export const cloudformation = service({
  name: "cloudformation",
  operations: [
    operation.cancelUpdateStack,
    operation.continueUpdateRollback,
    changeSet.createChangeSet,
    operation.createStack,
    changeSet.deleteChangeSet,
    operation.deleteStack,
    changeSet.describeChangeSet,
    describeEvents,
    drift.describeStackDriftDetectionStatus,
    event.describeStackEvents,
    resource.describeStackResource,
    drift.describeStackResourceDrifts,
    resource.describeStackResources,
    stack.describeStacks,
    drift.detectStackDrift,
    drift.detectStackResourceDrift,
    changeSet.executeChangeSet,
    policy.getStackPolicy,
    template.getTemplate,
    getTemplateSummary,
    changeSet.listChangeSets,
    exporting.listExports,
    exporting.listImports,
    resource.listStackResources,
    stack.listStacks,
    operation.rollbackStack,
    policy.setStackPolicy,
    signal.signalResource,
    operation.updateStack,
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
    resourceDrifts,
    exporting.exported,
    macros,
    custom.customResponses,
    custom.customData,
    signal.signals,
    signal.waitHandles,
    signal.waitData,
  ],
  streams: [event.stackEvents],
  loops: [stackLoop, changeSetLoop, driftLoop],
  resources: [cdkMetadata, custom.customResource, macroType, nestedStack, signal.waitCondition, signal.waitConditionHandle],
});
