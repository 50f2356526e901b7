import { service } from "../../kernel/service.ts";
import { buildLoop } from "./build.loop.ts";
import { builds } from "./build.ts";
import * as build from "./build-operations.ts";
import * as project from "./project.ts";
import { projectResource } from "./resources.ts";
import { projectTarget } from "./target.ts";

export const codebuild = service({
  name: "codebuild",
  operations: [
    build.batchDeleteBuilds,
    build.batchGetBuilds,
    project.batchGetProjects,
    project.createProject,
    project.deleteProject,
    build.listBuilds,
    build.listBuildsForProject,
    project.listProjects,
    build.retryBuild,
    build.startBuild,
    build.stopBuild,
    project.updateProject,
  ],
  tables: [project.projects, builds],
  loops: [buildLoop],
  resources: [projectResource],
  targets: [projectTarget],
});
