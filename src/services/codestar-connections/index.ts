import { service } from "../../kernel/service.ts";
import { operations } from "../codeconnections/api.ts";

export const codestarConnections = service({
  name: "codestar-connections",
  operations: operations.map(({ former }) => former),
  tables: [],
});
