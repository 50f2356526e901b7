import { listeners } from "../compute/listener.ts";
import type { Endpoint } from "./endpoint.ts";

/** Where on this machine something of the account listens: function URLs, listeners of load balancers. */
export const listenersEndpoint: Endpoint = ({ kernel }, { partition }) => {
  const open = listeners.list(kernel.scope(partition)).filter(({ port }) => port !== undefined);
  return { listeners: open.map(({ arn, host = "127.0.0.1", port }) => ({ arn, host, port, url: `http://${host}:${port}/` })) };
};
