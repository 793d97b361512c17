// A provider through an HTTP proxy: the gateway sends CONNECT, and the provider's TLS goes through the
// tunnel. It is still the subset's: nothing that is missing lets a request leave in another way.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { after, afterEach, before, it } from "node:test";
import { echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import {
  gatewayKeys,
  hijackedHost,
  providerAddress,
  workerKeys,
  type WorkloadName,
} from "./rig/names.ts";
import type { WorkloadAnswer } from "./workload.ts";

const mesh = connectMesh();
const host = "dashscope.aliyuncs.com";
const address = { host: "localhost", port: 3128 };
const prompt = "a prompt that no proxy may read";
const proxied = dashscopeProvider.replace(
  `host: ${host}`,
  `host: ${host}\n  connection: { proxy: { host: ${address.host}, port: ${address.port}, authorization: "\${MOONSHOT_KEY}" } }`,
);

let tunnels: { to: string | undefined; credentials: string | undefined }[] = [];
let passed: Buffer[] = [];
const proxy = createServer().on("connect", (request: IncomingMessage, socket: Socket) => {
  tunnels.push({ to: request.url, credentials: request.headers["proxy-authorization"] });
  const upstream = connect(443, providerAddress, () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  socket.on("data", (chunk: Buffer) => passed.push(chunk));
  for (const each of [upstream, socket]) each.on("error", () => undefined);
});

before(async () => {
  proxy.listen(address);
  await once(proxy, "listening");
  await mesh.apply(gatewayRule);
});
afterEach(() => {
  tunnels = [];
  passed = [];
});
after(async () => {
  await mesh.clear();
  proxy.close();
});

function ask(name: WorkloadName = "app", to = host): Promise<WorkloadAnswer> {
  const members = { messages: [{ role: "user", content: prompt }] };
  return mesh.as(name).chat(`http://${to}/v1/chat/completions`, members, { "x-mock-echo": "1" });
}

function assertUnread(key: string): void {
  const bytes = Buffer.concat(passed);
  assert.ok(bytes.length > 0 && !bytes.includes(key) && !bytes.includes(prompt));
}

it("sends CONNECT with the credentials, and TLS through the tunnel", async () => {
  await mesh.apply(await mesh.render(proxied, dashscopeRoute));
  const received = echoOf(await ask());
  assert.equal(received.serverName, host);
  assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${gatewayKeys.API_KEY}`]);
  assert.deepEqual(tunnels, [{ to: `${host}:443`, credentials: gatewayKeys.MOONSHOT_KEY }]);
  assertUnread(gatewayKeys.API_KEY);
});

it("answers 503 while the EnvoyFilter is missing, and sends nothing", async () => {
  const rendered = await mesh.render(proxied, dashscopeRoute);
  await mesh.delete(rendered.split("---\n").find((each) => each.includes("EnvoyFilter"))!);
  assert.equal((await ask()).status, 503);
  assert.deepEqual(tunnels, []);
});

it("sends nothing if another's certificate is at the end of the tunnel", async () => {
  const resources = [proxied, dashscopeRoute].map((each) => each.replaceAll(host, hijackedHost));
  await mesh.apply(await mesh.render(...resources));
  assert.equal((await ask("app", hijackedHost)).status, 503);
  assert.equal(tunnels[0]?.to, `${hijackedHost}:443`);
  assertUnread(gatewayKeys.API_KEY);
});

it("is used by an application's own sidecar as well", async () => {
  const provider = proxied
    .replace("namespace: istio-system", "namespace: default")
    .replace("istio: egressgateway", "app: worker")
    .replaceAll("API_KEY", "WORKER_KEY")
    .replace("MOONSHOT_KEY", "WORKER_KEY")
    .replaceAll(host, "api.moonshot.cn");
  const route = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: one-hop, namespace: default }
spec:
  host: api.moonshot.cn
  rules: [{ name: all, backendRefs: [{ providerHost: api.moonshot.cn }] }]
`;
  await mesh.apply(await mesh.render(provider, route));
  const received = echoOf(await ask("worker", "api.moonshot.cn"));
  assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${workerKeys.WORKER_KEY}`]);
  assert.equal(tunnels[0]?.to, "api.moonshot.cn:443");
  assertUnread(workerKeys.WORKER_KEY);
});
