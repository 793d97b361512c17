// The provider's key is only in the environment of the gateway's processes, and nowhere else in the
// mesh.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, it } from "node:test";
import { echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, denySleep, gatewayRule } from "./resources.ts";
import { gateway, gatewayKeys, istiodUrl, proxies } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const key = gatewayKeys.API_KEY;
const adminPages = ["config_dump?include_eds", "clusters", "stats", "server_info", "listeners"];
const istiodPages = [
  ...["configz", "syncz", "adsz", "registryz", "endpointShardz", "cachez", "pushcontext"],
  ...["push_status", "mesh", "authorizationz", "telemetryz", "connections", "instancesz"],
];
const istiodPagesOfProxies = ["config_dump", "ecdsz", "edsz", "sidecarz"];

before(async () => {
  const resources = [gatewayRule, dashscopeProvider, dashscopeRoute, denySleep];
  await mesh.apply(...resources, await mesh.render(...resources));
  // Requests with all kinds of outcomes, so that all kinds of log lines exist.
  const received = echoOf(await mesh.as("app").chat(url, {}, { "x-mock-echo": "1" }));
  assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${key}`]);
  assert.equal((await mesh.as("sleep").chat(url)).status, 403);
  assert.equal((await mesh.as("app").chat(url, {}, { "x-mock-status": "500" })).status, 500);
  const abort = { "x-mock-abort": "mid-body" };
  await assert.rejects(mesh.as("app").chat(url, {}, abort));
  assert.equal((await mesh.as("app").fetch(url, { body: "{" })).status, 400);
});
after(() => mesh.clear());

it("is not in the configuration dump of any proxy", async () => {
  for (const proxy of proxies) {
    for (const page of adminPages) {
      await assertSecret(`http://127.0.0.1:${proxy.adminPort}/${page}`);
    }
  }
  assert.match(await mesh.configDump(gateway), /\$\{API_KEY\}/, "the dump contains no plugin");
});

it("is not in any debug page of istiod", async () => {
  for (const page of istiodPages) await assertSecret(`${istiodUrl}/debug/${page}`);
  for (const { name, namespace } of proxies) {
    for (const page of istiodPagesOfProxies) {
      await assertSecret(`${istiodUrl}/debug/${page}?proxyID=${name}.${namespace}`);
    }
  }
});

it("is not in any resource", async () => {
  const kinds = await mesh.kubectl("api-resources", "--verbs=list", "--cached", "-o", "name");
  const names = kinds.trim().split("\n").join(",");
  const resources = await mesh.kubectl("get", names, "--all-namespaces", "-o", "yaml");
  assert.match(resources, /kind: WasmPlugin\n/);
  assert.match(resources, /kind: LLMProvider\n/);
  assert.ok(!resources.includes(key));
});

it("is not in any log or other file of the mesh", async () => {
  await pollUntil("the access log", () => Promise.resolve(/ 500 /.test(mesh.gatewayLogs())));
  const entries = readdirSync(mesh.folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  assert.ok(files.some(({ name }) => name === "sleep-0.log"));
  for (const { parentPath, name } of files) {
    assert.ok(!readFileSync(join(parentPath, name)).includes(key), join(parentPath, name));
  }
});

it("is only in the environments of the gateway's agent and Envoy", () => {
  const holders = processes().filter(({ environment }) => environment.includes(key));
  assert.deepEqual(holders.map(({ program }) => program).sort(), ["envoy", "pilot-agent"]);
  for (const { environment } of holders) assert.match(environment, /INSTANCE_IP=127\.0\.0\.2\0/);
});

async function assertSecret(page: string): Promise<void> {
  const response = await fetch(page);
  const text = await response.text();
  assert.equal(response.status, 200, `${page}: ${text}`);
  assert.ok(!text.includes(key), page);
}

// The mesh has its own PID namespace, so these are all of its processes.
function processes(): { program: string; environment: string }[] {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    try {
      const environment = readFileSync(`/proc/${id}/environ`, "latin1");
      return [{ program: basename(readlinkSync(`/proc/${id}/exe`)), environment }];
    } catch {
      // The process has exited meanwhile.
      return [];
    }
  });
}
