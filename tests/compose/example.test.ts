// Starts, uses and stops examples/docker-compose in containers, with the commands in its README.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { shownCommand } from "./rig/example.ts";
import {
  apiKey,
  isAnyRunning,
  mountsUnder,
  podman,
  post,
  run,
  serviceId,
  until,
} from "./rig/running.ts";

const gateway = "http://127.0.0.1:10000/v1/chat/completions";
const request = shownCommand("curl ");
const stop = shownCommand("docker compose down");
const podmanFolder = process.env["LLM_EGRESS_COMPOSE"] ?? "";
let isUp = false;

before(async () => {
  isUp = true;
  run(shownCommand("docker compose up"));
  await until("an answer", async () => (await post(gateway)).ok);
});

after(() => {
  if (isUp) run(stop);
});

test("the README's request gets the answer that the README shows", () => {
  assert.equal(plain(run(request)), plain(request.output));
});

test("a request is logged in the line that the README shows", async () => {
  const logs = shownCommand("docker compose logs");
  const line = plain(logs.output);
  const count = () =>
    plain(run(logs))
      .split("\n")
      .filter((each) => each === line).length;
  const earlier = count();
  run(request);
  // Envoy writes its log once a second, so the line of the previous test may be written together
  // with this one.
  await until("one more line in the log", () => count() > earlier);
});

test("the provider receives the key from the gateway's environment, and not the client's", async () => {
  const headers = { "x-mock-echo": "1", authorization: "Bearer sk-of-the-client" };
  const echo = await (await post(gateway, headers)).text();
  assert.ok(echo.includes(`Bearer ${apiKey}`), echo);
  assert.ok(!echo.includes("sk-of-the-client"), echo);
});

test("the provider refuses requests without that key", async () => {
  const address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const found = podman("inspect", "--format", address, serviceId("provider"));
  const url = `http://${found.trim()}:8081/v1/chat/completions`;
  assert.equal((await post(url)).status, 401);
  assert.equal((await post(url, { authorization: `Bearer ${apiKey}` })).status, 200);
});

test("no container can write to its mounts", () => {
  for (const service of ["gateway", "provider"]) {
    const writable = "{{range .Mounts}}{{.RW}} {{end}}";
    assert.match(podman("inspect", "--format", writable, serviceId(service)), /^(?:false )+\n$/);
  }
});

test("nothing remains after it is stopped", async () => {
  assert.ok(isAnyRunning("envoy"));
  assert.notDeepEqual(mountsUnder(podmanFolder), []);
  run(stop);
  isUp = false;
  assert.equal(podman("ps", "--all", "--quiet"), "");
  await until("the end of all programs", () => !isAnyRunning("conmon", "envoy", "aardvark-dns"));
  assert.deepEqual(mountsUnder(podmanFolder), []);
  await assert.rejects(post(gateway));
});

// Removes what differs in each run.
function plain(output: string): string {
  return output
    .trimEnd()
    .replace(/"id":"chatcmpl-[0-9a-f]{32}","created":\d+/g, "")
    .replace(/"duration":\d+/g, "")
    .replace(/"start_time":"[^"]*"/g, "");
}
