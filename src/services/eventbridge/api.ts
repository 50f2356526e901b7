export { compilePattern, type EventPattern } from "./pattern.ts";
export { nextOccurrence, parseSchedule } from "./schedule.ts";
