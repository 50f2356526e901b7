import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { goThrough, join } from "./door.ts";

const PORT = 3128;

/** An instance has no way out but through its door: package managers find it as a proxy. Answers the variables that say so. */
export async function serveProxy(host: string, socketPath: string): Promise<Record<string, string>> {
  const server = createServer((incoming, response) => forward(socketPath, incoming, response));
  server.on("connect", (incoming, socket) => {
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
  return { http_proxy: address, https_proxy: address, HTTPS_PROXY: address, no_proxy: none, NO_PROXY: none };
}

function forward(socketPath: string, incoming: IncomingMessage, response: ServerResponse): void {
  const url = URL.parse(incoming.url!);
  if (url === null) return void response.writeHead(400).end();
  goThrough(socketPath, `${url.hostname}:${url.port || 80}`).then(
    (outside) => {
      const { method, headers } = incoming;
      const asked = request({ method: method!, path: url.pathname + url.search, headers, createConnection: () => outside }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      asked.on("error", () => response.destroy());
      incoming.pipe(asked);
    },
    () => void response.writeHead(502).end(),
  );
}
