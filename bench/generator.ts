import { connect, type Socket } from "node:net";

/** A request as bytes, but for the header that says whether the connection stays. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Load {
  readonly port: number;
  /** The nth request of one client. */
  readonly request: (nth: number) => RawRequest;
  readonly clients: number;
  readonly seconds: number;
  readonly keepAlive: boolean;
}

export interface Measured {
  readonly requestsPerSecond: number;
  /** milliseconds */
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

/** So many clients, each sending its next request when it has its answer, for so long. */
export async function generate(load: Load): Promise<Measured> {
  const latencies: number[] = [];
  let failures = 0;
  const begun = performance.now();
  const end = begun + load.seconds * 1000;
  const client = async (): Promise<void> => {
    let socket: Socket | undefined;
    for (let nth = 0; performance.now() < end; nth++) {
      const sent = performance.now();
      socket ??= await open(load.port);
      const { status, closes } = await exchange(socket, bytesOf(load.request(nth), load.keepAlive));
      latencies.push(performance.now() - sent);
      if (status < 200 || status > 299) failures++;
      if (closes || !load.keepAlive) {
        socket.destroy();
        socket = undefined;
      }
    }
    socket?.destroy();
  };
  await Promise.all(Array.from({ length: load.clients }, client));
  const seconds = (performance.now() - begun) / 1000;
  latencies.sort((one, other) => one - other);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
  return { requestsPerSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), failures };
}

/** One request, and its whole answer as text. */
export async function once(port: number, request: RawRequest): Promise<{ status: number; body: string }> {
  const socket = await open(port);
  const { status, body } = await exchange(socket, bytesOf(request, false));
  socket.destroy();
  return { status, body };
}

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });

function bytesOf({ method, path, headers, body }: RawRequest, keepAlive: boolean): string {
  const all = {
    host: "127.0.0.1",
    connection: keepAlive ? "keep-alive" : "close",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** Send, and wait for the whole answer: by its length, in chunks, or until the server hangs up. */
function exchange(socket: Socket, bytes: string): Promise<{ status: number; closes: boolean; body: string }> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const finish = (closes: boolean): void => {
      socket.off("data", onData).off("end", onEnd).off("error", reject);
      const text = received.toString("latin1");
      resolve({ status: Number(text.slice(9, 12)), closes, body: text.slice(text.indexOf("\r\n\r\n") + 4) });
    };
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const head = received.indexOf("\r\n\r\n");
      if (head < 0) return;
      const headers = received.toString("latin1", 0, head).toLowerCase();
      const closes = headers.startsWith("http/1.0") || headers.includes("connection: close");
      const length = /content-length: (\d+)/.exec(headers);
      if (
        length
          ? received.length >= head + 4 + Number(length[1])
          : headers.includes("chunked") && received.toString("latin1").endsWith("0\r\n\r\n")
      )
        finish(closes);
    };
    const onEnd = (): void => finish(true);
    socket.on("data", onData).once("end", onEnd).once("error", reject);
    socket.write(bytes);
  });
}
