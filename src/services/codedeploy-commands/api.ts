export { pollHostCommand } from "./host-command.ts";
