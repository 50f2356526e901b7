import { service } from "../../kernel/service.ts";
import * as command from "./host-command.ts";
import { getDeploymentSpecification } from "./specification.ts";

export const codedeployCommands = service({
  name: "codedeploy-commands",
  operations: [
    command.pollHostCommand,
    command.postHostCommandUpdate,
    command.putHostCommandAcknowledgement,
    command.putHostCommandComplete,
    getDeploymentSpecification,
  ],
  tables: [],
});
