import { service } from "../../kernel/service.ts";
import { aliases, createAlias, deleteAlias, getAlias, listAliases, updateAlias } from "./alias.ts";
import { deleteFunctionConcurrency, getFunctionConcurrency, putFunctionConcurrency } from "./concurrency.ts";
import { batches } from "./event-batch.ts";
import {
  deleteFunctionEventInvokeConfig,
  eventInvokeConfigs,
  getFunctionEventInvokeConfig,
  listFunctionEventInvokeConfigs,
  putFunctionEventInvokeConfig,
  updateFunctionEventInvokeConfig,
} from "./event-invoke-config.ts";
import { eventSourceLoop } from "./event-source.loop.ts";
import {
  createEventSourceMapping,
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
  mappings,
  updateEventSourceMapping,
} from "./event-source.ts";
import { functions } from "./function.ts";
import { createFunction, deleteFunction, updateFunctionCode, updateFunctionConfiguration } from "./function-change.ts";
import { getAccountSettings, getFunction, getFunctionCodeSigningConfig, getFunctionConfiguration, listFunctions } from "./function-read.ts";
import { invocationLoop } from "./invocation.loop.ts";
import { invocations } from "./invocation.ts";
import { invoke } from "./invoke.ts";
import {
  deleteLayerVersion,
  getLayerVersion,
  getLayerVersionByArn,
  layerTables,
  listLayers,
  listLayerVersions,
  publishLayerVersion,
} from "./layer.ts";
import { addLayerVersionPermission, getLayerVersionPolicy, removeLayerVersionPermission } from "./layer-permission.ts";
import { packageTarget } from "./package.ts";
import { addPermission, getPolicy, policies, removePermission } from "./permission.ts";
import { functionReferences } from "./resource-reference.ts";
import { resources } from "./resources.ts";
import { listTags, tagResource, untagResource } from "./tag.ts";
import { functionTarget } from "./target.ts";
import {
  createFunctionUrlConfig,
  deleteFunctionUrlConfig,
  getFunctionUrlConfig,
  listFunctionUrlConfigs,
  updateFunctionUrlConfig,
  urls,
} from "./url.ts";
import { listVersionsByFunction, publishVersion, versions } from "./version.ts";

export const lambda = service({
  name: "lambda",
  operations: [
    createEventSourceMapping,
    deleteEventSourceMapping,
    getEventSourceMapping,
    listEventSourceMappings,
    updateEventSourceMapping,
    addLayerVersionPermission,
    getLayerVersionPolicy,
    removeLayerVersionPermission,
    addPermission,
    createAlias,
    createFunction,
    createFunctionUrlConfig,
    deleteAlias,
    deleteFunction,
    deleteFunctionConcurrency,
    deleteFunctionEventInvokeConfig,
    deleteFunctionUrlConfig,
    deleteLayerVersion,
    getAccountSettings,
    getAlias,
    getFunction,
    getFunctionCodeSigningConfig,
    getFunctionConcurrency,
    getFunctionConfiguration,
    getFunctionEventInvokeConfig,
    getFunctionUrlConfig,
    getLayerVersion,
    getLayerVersionByArn,
    getPolicy,
    invoke,
    listAliases,
    listFunctionEventInvokeConfigs,
    listFunctions,
    listFunctionUrlConfigs,
    listLayers,
    listLayerVersions,
    listTags,
    listVersionsByFunction,
    publishLayerVersion,
    publishVersion,
    putFunctionConcurrency,
    putFunctionEventInvokeConfig,
    removePermission,
    tagResource,
    untagResource,
    updateAlias,
    updateFunctionCode,
    updateFunctionConfiguration,
    updateFunctionEventInvokeConfig,
    updateFunctionUrlConfig,
  ],
  tables: [
    functions,
    versions,
    aliases,
    policies,
    eventInvokeConfigs,
    urls,
    invocations,
    functionReferences,
    mappings,
    batches,
    ...layerTables,
  ],
  loops: [invocationLoop, eventSourceLoop],
  resources,
  targets: [functionTarget, packageTarget],
});
