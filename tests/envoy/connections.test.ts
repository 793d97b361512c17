// How the compiled bootstrap makes and keeps connections: through a proxy, over HTTP/2, for as long as
// the provider keeps them, and what it sends again.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { compile, emitEnvoy } from "../../src/compile.ts";
import { selfSigned } from "../support/certificate.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "connections-"));
const certificate = selfSigned("llm.example");
writeFileSync(join(folder, "ca.pem"), certificate.cert);

const seen: { version: string; key: string | undefined }[] = [];
const provider = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
  seen.push({ version: request.httpVersion, key: request.headers.authorization });
  request.resume().on("end", () => response.end("{}"));
});
const tunnels: { to: string | undefined; credentials: string | undefined }[] = [];
const proxy = createServer().on("connect", (request: IncomingMessage, socket: Socket) => {
  tunnels.push({ to: request.url, credentials: request.headers["proxy-authorization"] });
  const upstream = connect(portOf(provider), "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  for (const each of [upstream, socket]) each.on("error", () => undefined);
});
let closedAfterMs: number | undefined;
const plain = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().on("end", () => response.end("{}"));
  const answeredAt = performance.now();
  request.socket.once("close", () => (closedAfterMs = performance.now() - answeredAt));
});
let envoy: Envoy;
let unused: number;

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function resource(host: string, spec: object): string {
  const configs = { defaultConfig: { openAIConfig: { apiKey: "${LLM_KEY}" } } };
  const apiVersion = "istio.alibabacloud.com/v1beta1";
  const metadata = { name: host.replaceAll(".", "-") };
  const rules = [{ name: metadata.name, backendRefs: [{ providerHost: host }] }];
  return [
    { apiVersion, kind: "LLMProvider", metadata, spec: { host, configs, ...spec } },
    { apiVersion, kind: "LLMRoute", metadata, spec: { host, rules } },
  ]
    .map((each) => JSON.stringify(each))
    .join("\n---\n");
}

before(async () => {
  for (const server of [provider, proxy, plain]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  unused = await freePort();
  const through = { host: "localhost", port: portOf(proxy), authorization: "${PROXY}" };
  const tls = { caCertificates: join(folder, "ca.pem") };
  const disabled = { mode: "DISABLE" };
  const text = [
    resource("llm.example", { tls, connection: { http2: true, proxy: through } }),
    resource("other.example", { tls, connection: { proxy: through } }),
    resource("localhost", {
      ...{ tls: disabled, port: portOf(plain), connection: { idleTimeout: "300ms" } },
    }),
    resource("gone.localhost", { tls: disabled, port: unused }),
  ];
  const { plan, diagnostics } = compile([{ file: "a", text: text.join("\n---\n") }], "envoy");
  assert.ok(plan, JSON.stringify(diagnostics));
  const wasmFile = resolve("build/llm-egress.wasm");
  envoy = await startEnvoy({
    config: ({ egress = 0 }) =>
      emitEnvoy(plan, envoyOptions({ wasmFile, listen: { host: "127.0.0.1", port: egress } })),
    env: { LLM_KEY: "sk-connections", PROXY: "Basic dTpw" },
  });
});
after(async () => {
  await envoy.stop();
  for (const server of [provider, proxy, plain]) server.close();
  plain.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function ask(host: string): Promise<number> {
  const { request } = await import("node:http");
  const outgoing = request(`${envoy.url}/v1/chat/completions`, {
    ...{ method: "POST", headers: { host, "content-type": "application/json" }, agent: false },
  });
  outgoing.end('{"messages":[]}');
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  await answer.resume().toArray();
  return answer.statusCode ?? 0;
}

describe("a provider with a proxy and HTTP/2", () => {
  test("is reached by CONNECT, with its TLS inside, and gets the key over HTTP/2", async () => {
    assert.equal(await ask("llm.example"), 200);
    assert.deepEqual(tunnels.at(-1), { to: "llm.example:443", credentials: "Basic dTpw" });
    assert.deepEqual(seen, [{ version: "2.0", key: "Bearer sk-connections" }]);
  });

  test("gets nothing if the certificate at the end of the tunnel is another's", async () => {
    assert.equal(await ask("other.example"), 503);
    assert.equal(tunnels.at(-1)?.to, "other.example:443");
    assert.equal(seen.length, 1);
  });
});

describe("a connection", () => {
  test("is closed when it has been unused for idleTimeout", async () => {
    assert.equal(await ask("localhost"), 200);
    await until(() => closedAfterMs !== undefined);
    assert.ok((closedAfterMs ?? 0) > 250, `${closedAfterMs}`);
  });

  test("that can't be made is tried again once", async () => {
    assert.equal(await ask("gone.localhost"), 503);
    const cluster = `cluster.outbound|${unused}||gone.localhost`;
    assert.equal(await envoy.stats(`${cluster}.upstream_rq_retry`), 1);
  });
});
