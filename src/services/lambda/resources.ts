import { eventInvokeConfigResource } from "./resource-event-invoke-config.ts";
import { eventSourceMappingResource } from "./resource-event-source.ts";
import { functionResource } from "./resource-function.ts";
import { layerVersionPermissionResource, layerVersionResource } from "./resource-layer.ts";
import { permissionResource } from "./resource-permission.ts";
import { urlResource } from "./resource-url.ts";
import { aliasResource, versionResource } from "./resource-version.ts";

export const resources = [
  functionResource,
  versionResource,
  aliasResource,
  permissionResource,
  urlResource,
  eventInvokeConfigResource,
  eventSourceMappingResource,
  layerVersionResource,
  layerVersionPermissionResource,
];
