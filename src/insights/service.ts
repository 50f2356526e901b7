import { type Service, service } from "../kernel/service.ts";
import { changeLoop, unread } from "./change.loop.ts";
import { branches, changes, commits } from "./change.ts";
import { deployments, standings } from "./deployment.ts";
import { followDeployments } from "./follow.ts";
import { policies } from "./policy.ts";

/** What is read out of the events of the cloud itself. It has no API of AWS's. */
export const insights: Service = service({
  name: "insights",
  operations: [],
  tables: [branches, changes, commits, unread, deployments, standings, policies],
  loops: [changeLoop],
  consumers: [followDeployments],
});
