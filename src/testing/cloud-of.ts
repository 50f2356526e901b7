import { Cloud, type CloudOptions } from "../cloud.ts";
import type { Service } from "../kernel/service.ts";

/** A cloud of these services alone in this process, with real hands, on a free port; open to whoever calls. */
export const cloudOf = (services: readonly Service[], clock: CloudOptions["clock"] = "real"): Promise<Cloud> =>
  Cloud.start({ port: 0, host: "127.0.0.1", clock, trust: "open", durability: "relaxed", seed: 1, allowRealKeys: false, services });
