export { type Alarm, alarms } from "./alarm.ts";
