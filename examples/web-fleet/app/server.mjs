import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { hostname } from "node:os";

const release = readFileSync(new URL("release.txt", import.meta.url), "utf8").trim();

// A release that is called broken cannot serve anybody.
createServer((request, response) => {
  response.statusCode = release.includes("broken") ? 500 : 200;
  response.end(request.url === "/health" ? "well\n" : `${release} of ${hostname()}\n`);
}).listen(8080);
