import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, test } from "node:test";
import { modulePath, startServer } from "../../src/controller/server.ts";

const bytes = Buffer.from("module");
const sha256 = createHash("sha256").update(bytes).digest("hex");
let server: Server;

beforeEach(async () => {
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0, module: { bytes, sha256 }, isReady: () => true },
    metrics: () => Promise.reject(new Error("sk-secret")),
  });
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** The status line and the body of the response to a request line. */
async function ask(line: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => {});
  socket.end(`${line}\r\nhost: x\r\nconnection: close\r\n\r\n`);
  await once(socket, "close");
  return text.replace(/\r\n[^]*\r\n\r\n/, " ");
}

test("it has the module, and no other path", async () => {
  const path = modulePath(sha256);
  assert.equal(await ask(`GET ${path} HTTP/1.1`), "HTTP/1.1 200 OK module");
  const missing = ["//", "/..%2f", `${path}/`, `/x/..${path}`, "http://[", "*", `//${path}`];
  for (const other of missing) {
    assert.match(await ask(`GET ${other} HTTP/1.1`), /^HTTP\/1\.1 (404|400) /, other);
  }
  const another = modulePath("0".repeat(64));
  assert.match(await ask(`GET ${another} HTTP/1.1`), /^HTTP\/1\.1 503 /);
  assert.match(await ask(`POST ${path} HTTP/1.1`), /^HTTP\/1\.1 405 /);
});

test("what fails, or is no HTTP, says nothing and stops nothing", async () => {
  assert.equal(await ask("GET /metrics HTTP/1.1"), "HTTP/1.1 500 Internal Server Error ");
  assert.match(await ask("garbage"), /^HTTP\/1\.1 400 /);
  assert.match(await ask(`GET /${"x".repeat(40_000)} HTTP/1.1`), /^HTTP\/1\.1 431 /);
  assert.match(await ask("GET /healthz HTTP/1.1"), /^HTTP\/1\.1 200 OK /);
});
