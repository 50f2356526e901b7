import { createConnection, createServer, type Server, type Socket } from "node:net";

// Two sockets in a folder join an instance's network and the machine's, one for each direction. Whoever connects says on a line where
// to, as host:port; whoever listens answers OK, or the code of what went wrong, on a line; then the bytes flow.

/** Where something listens inside of the instance. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

const ANSWER_MAX_MS = 10_000;

/** Listen at a socket for who wants to get to this side. */
export function openDoor(path: string): Promise<Server> {
  return listening(
    createServer((theirs) => {
      theirs.on("error", () => theirs.destroy());
      readLine(theirs, (line) => {
        const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(line) ?? [];
        const ours = createConnection({ host, port: Number(port) });
        ours.once("connect", () => {
          theirs.write("OK\n");
          join(theirs, ours);
        });
        ours.once("error", ({ code = "ECONNREFUSED" }: NodeJS.ErrnoException) => theirs.end(`${code}\n`));
      });
    }),
    { path },
  );
}

/** A connection to an address on the other side of a socket; rejects as a connection that is refused does. */
export function goThrough(path: string, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const fail = (code: string): void => {
      socket.destroy();
      reject(Object.assign(new Error(`connect ${code} ${address}`), { code }));
    };
    const onError = (error: NodeJS.ErrnoException): void => fail(error.code ?? "ECONNREFUSED");
    const onEnd = (): void => fail("ECONNREFUSED");
    socket.setTimeout(ANSWER_MAX_MS, () => fail("ETIMEDOUT"));
    socket.once("error", onError);
    socket.once("end", onEnd);
    socket.write(`${address}\n`);
    readLine(socket, (answer) => {
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.off("error", onError);
      socket.off("end", onEnd);
      if (answer === "OK") resolve(socket);
      else fail(answer);
    });
  });
}

/** What connects to a place in here reaches an address outside; or the socket itself, where none is said. */
export function serveOutside(place: Place, path: string, address?: string): Promise<Server> {
  return listening(
    createServer((inside) => {
      inside.on("error", () => inside.destroy());
      if (address === undefined) join(inside, createConnection(path));
      else
        goThrough(path, address).then(
          (outside) => join(inside, outside),
          () => inside.destroy(),
        );
    }),
    place,
  );
}

export function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on("error", () => peer.destroy());
    socket.on("close", () => peer.destroy());
  }
}

function listening(server: Server, where: { path: string } | Place): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => resolve(server));
  });
}

/** The first line that comes; what comes after it stays to be read. */
function readLine(socket: Socket, take: (line: string) => void): void {
  let head = Buffer.alloc(0);
  const read = (): void => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(10);
      if (end < 0) continue;
      socket.off("readable", read);
      const rest = head.subarray(end + 1);
      if (rest.length > 0) socket.unshift(rest);
      take(head.toString("utf8", 0, end));
      return;
    }
  };
  socket.on("readable", read);
}
