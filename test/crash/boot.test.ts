import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { CodeCommitClient, CreateRepositoryCommand, PutFileCommand } from "@aws-sdk/client-codecommit";
import { expect, it, onTestFinished } from "vitest";
import { startCloud } from "../../src/testing/index.ts";

// Clients try again while a cloud comes back: the first that finds the port taken may find the ledger not read yet.

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first connection that is not refused. */
async function firstConnection(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    if (isOpen) return socket;
    await pause(1);
  }
}

it("answers who asked before it was ready", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-boot-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  await using before = await startCloud({ folder, port, isolated: true });
  // The refs of repositories are compared as it starts, which takes its time.
  const client = new CodeCommitClient(before.client);
  for (const repositoryName of ["shop", "stock", "till"]) {
    await client.send(new CreateRepositoryCommand({ repositoryName }));
    await client.send(new PutFileCommand({ repositoryName, branchName: "main", filePath: "a", fileContent: new Uint8Array(1) }));
  }
  await before.kill();
  const starting = startCloud({ folder, port, isolated: true });
  const socket = await firstConnection(port);
  socket.write("GET /_slipway/health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
  await using _ = await starting;
  const [status] = (await text(socket)).split("\r\n");
  expect(status).toBe("HTTP/1.1 200 OK");
}, 15_000);
