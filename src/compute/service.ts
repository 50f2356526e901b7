import { type Service, service } from "../kernel/service.ts";
import { consoles, jobs } from "./job.ts";
import { listeners } from "./listener.ts";
import { trafficLoop, traffics } from "./traffic.ts";

/** The rows by which services ask for hands; `loops` adds the simulated hands, where there are no real ones. */
export const compute = (loops: NonNullable<Service["loops"]> = []): Service =>
  service({ name: "compute", operations: [], tables: [jobs, consoles, listeners, traffics], loops: [trafficLoop, ...loops] });
