import { createServer } from "node:http";
import type { Socket } from "node:net";
import { goThrough, join } from "./door.ts";

const PORT = 3128;

/** An instance has no way out but through its door: whoever speaks HTTPS finds it as a proxy. Answers the variables that say so. */
export async function serveProxy(host: string, socketPath: string): Promise<Record<string, string>> {
  const server = createServer((_request, response) => void response.writeHead(405).end());
  server.on("connect", (incoming, socket) => {
    socket.on("error", () => socket.destroy());
    goThrough(socketPath, incoming.url!).then(
      (outside) => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        join(socket as Socket, outside);
      },
      () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(PORT, host, resolve);
  });
  const address = `http://${host}:${PORT}`;
  const none = "127.0.0.1,localhost,169.254.169.254";
  return { https_proxy: address, HTTPS_PROXY: address, no_proxy: none, NO_PROXY: none };
}
