import { service } from "../../kernel/service.ts";
import { requestLoop } from "./request.loop.ts";
import * as request from "./request.ts";
import * as resource from "./resource.ts";

export const cloudcontrol = service({
  name: "cloudcontrol",
  operations: [
    request.cancelResourceRequest,
    resource.createResource,
    resource.deleteResource,
    resource.getResource,
    request.getResourceRequestStatus,
    request.listResourceRequests,
    resource.listResources,
    resource.updateResource,
  ],
  tables: [request.requests],
  loops: [requestLoop],
});
