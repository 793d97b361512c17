import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "../../src/mock/server.ts";
import { selfSigned } from "../support/certificate.ts";
import { providerText } from "../support/compile-text.ts";
import { eventually } from "../support/gateway.ts";
import { exchangeRaw } from "../support/http.ts";
import { freePort } from "../support/ports.ts";
import { endRun, postChat, type Running, startRun } from "../support/run-command.ts";

const provider = "dashscope.aliyuncs.com";
const quickstart = "examples/quickstart";
const key = "fake-key-of-run";

let mock: Mock;

before(async () => {
  mock = await startMock({ apiKey: key });
});
after(() => mock.close());

async function whileRunning(
  words: string[],
  env: NodeJS.ProcessEnv,
  act: (running: Running) => Promise<void>,
): Promise<void> {
  const running = await startRun([quickstart, ...words], env);
  try {
    await running.said("llm-egress listens on");
    await act(running);
  } finally {
    await endRun(running);
  }
}

/** The cells of the request lines below the heading. Waits until there are `count` lines. */
async function rowsOf(running: Running, count: number): Promise<string[][]> {
  const rows = () => {
    const lines = running.stdout().split("\n").slice(0, -1);
    const headings = lines.findIndex((line) => line.startsWith("TIME"));
    return headings < 0 ? [] : lines.slice(headings + 1);
  };
  await eventually(() => rows().length >= count, `${count} lines in ${running.stdout()}`);
  return rows().map((line) => line.trim().split(/ {2,}/));
}

test("the seed's request is answered, and logged in a line with its tokens and without its key", async () => {
  const words = ["--upstream", `${provider}=${mock.url}`];
  await whileRunning(words, { DASHSCOPE_API_KEY: key }, async (running) => {
    const { status, body } = await postChat(running.port, "/", provider);
    assert.equal(status, 200, body);
    assert.equal((JSON.parse(body) as { model: string }).model, "qwen-1.8b-chat");
    const [row] = await rowsOf(running, 1);
    const unknown = "-";
    const [time, ...cells] = row!;
    assert.match(time!, /^\d\d:\d\d:\d\d$/);
    const names = ["egress-gw-route", "istio-system/dashscope-qwen", "qwen-1.8b-chat"];
    assert.deepEqual(cells.slice(0, -1), [...names, "200", "4", "3", unknown]);
    assert.match(cells.at(-1)!, /^\d+ms$/);
    assert.ok(!`${running.stdout()}${running.stderr()}`.includes(key));
    assert.equal(running.stderr(), "");
  });
});

test("its own address routes to the first provider, and an unknown address is refused", async () => {
  const words = ["--upstream", `${provider}=${mock.url}`];
  await whileRunning(words, { DASHSCOPE_API_KEY: key }, async ({ port }) => {
    const path = "/v1/chat/completions";
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      assert.equal((await postChat(port, path, host)).status, 200);
    }
    for (const host of ["other.example", `${provider}:80`, `127.0.0.1`]) {
      const { status, body } = await postChat(port, path, host);
      assert.equal(status, 421);
      assert.match(body, /misdirected_request/);
    }
  });
});

test("lines have the outcome of a request, and the reason if it is not ok", async () => {
  const words = ["--upstream", `${provider}=${mock.url}`];
  await whileRunning(words, { DASHSCOPE_API_KEY: key }, async (running) => {
    const url = `http://127.0.0.1:${running.port}`;
    const send = async (body: string, headers: Record<string, string> = {}) =>
      (await fetch(url, { method: "POST", body, headers })).text();
    const body = '{"messages":[{"role":"user","content":"hello"}]}';
    await send(body, { "x-mock-status": "429" });
    await send("{not JSON}");
    const rows = await rowsOf(running, 2);
    assert.deepEqual(
      rows.map((row) => [row[3], row[4], ...row.slice(9)]),
      [
        ["qwen-1.8b-chat", "429", "provider_error"],
        ["-", "400", "rejected: invalid_json"],
      ],
    );
  });
});

test("a streamed answer's line has the time to its first token, and its tokens", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const file = join(folder, "provider.yaml");
  writeFileSync(file, providerText('{model: mock-1, apiKey: "${DASHSCOPE_API_KEY}"}'));
  const running = await startRun([file, "--upstream", `a.example=${mock.url}`], {
    DASHSCOPE_API_KEY: key,
  });
  try {
    await running.said("llm-egress listens on");
    const messages = [{ role: "user", content: "one two three four" }];
    const body = JSON.stringify({ stream: true, messages });
    const headers = { "x-mock-delay-ms": "20", "x-mock-pause-ms": "30" };
    const url = `http://127.0.0.1:${running.port}`;
    const text = await (await fetch(url, { method: "POST", body, headers })).text();
    // The client has not asked for usage.
    assert.doesNotMatch(text, /prompt_tokens/);
    const [row = []] = await rowsOf(running, 1);
    assert.deepEqual(row.slice(1, 7), ["a", "default/a", "mock-1", "200", "7", "6"]);
    const [first = 0, total = 0] = row.slice(7).map((cell) => Number(/^(\d+)ms$/.exec(cell)?.[1]));
    assert.ok(first >= 20 && total > first + 100, row.join(" "));
  } finally {
    await endRun(running);
    rmSync(folder, { recursive: true });
  }
});

test("the last request's line is also printed if Envoy is stopped immediately", async () => {
  const words = ["--upstream", `${provider}=${mock.url}`];
  await whileRunning(words, { DASHSCOPE_API_KEY: key }, async (running) => {
    assert.equal((await postChat(running.port, "/", provider)).status, 200);
    assert.equal(await running.stop(), 0);
    assert.equal((await rowsOf(running, 1)).length, 1);
  });
});

test("only the owner can read the configuration, and it is removed after a signal", async () => {
  await whileRunning([], { DASHSCOPE_API_KEY: key }, async (running) => {
    const folders = readdirSync(running.temporary);
    const folder = folders.find((name) => name.startsWith("llm-egress-"));
    const file = join(running.temporary, folder!, "envoy.yaml");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(await running.stop("SIGINT"), 0);
    assert.deepEqual(readdirSync(running.temporary), []);
  });
});

test("without --admin, the admin interface is a socket that the owner alone can use", async () => {
  await whileRunning([], { DASHSCOPE_API_KEY: key }, (running) => {
    assert.doesNotMatch(running.stdout(), /admin/);
    const [folder = ""] = readdirSync(running.temporary);
    const socketPath = join(running.temporary, folder, "admin.sock");
    assert.equal(statSync(dirname(socketPath)).mode & 0o777, 0o700);
    assert.equal(statSync(socketPath).mode & 0o777, 0o600);
    const config = readFileSync(join(running.temporary, folder, "envoy.yaml"), "utf8");
    assert.match(config, /^admin:\n  address:\n    pipe:\n/m);
    return Promise.resolve();
  });
});

test("with --admin, the admin interface has that address, and the first line names it", async () => {
  const admin = `127.0.0.1:${await freePort()}`;
  await whileRunning(["--admin", admin], { DASHSCOPE_API_KEY: key }, async (running) => {
    assert.ok(running.stdout().includes(`(admin http://${admin})`), running.stdout());
    assert.equal((await fetch(`http://${admin}/ready`)).status, 200);
  });
});

test("no log line has the query of a request that asks for CONNECT-UDP", async () => {
  const words = ["--upstream", `${provider}=${mock.url}`];
  await whileRunning(words, { DASHSCOPE_API_KEY: key }, async (running) => {
    const paths = [
      "/",
      "/v1/models",
      "/.well-known/masque/udp/a/1/",
      "/.well-known/masque/udp/%7/1/",
    ];
    for (const [index, path] of paths.entries()) {
      const request = `GET ${path}?key=${key} HTTP/1.1\r\nhost: ${provider}\r\nconnection: upgrade\r\n`;
      const upgrade = ["connect-udp", "Connect-UDP", "websocket, connect-udp"][index % 3];
      await exchangeRaw(running.port, [`${request}upgrade: ${upgrade}\r\n\r\n`]);
    }
    await rowsOf(running, paths.length);
    assert.ok(!`${running.stdout()}${running.stderr()}`.includes(key), running.stderr());
    assert.doesNotMatch(running.stderr(), /CONNECT-UDP/);
  });
});

test("a missing key causes a warning, and its provider answers 503", async () => {
  const words = ["--upstream", `${provider}=${mock.url}`];
  await whileRunning(words, { DASHSCOPE_API_KEY: "" }, async (running) => {
    assert.match(
      running.stderr(),
      /^warning: DASHSCOPE_API_KEY is not set: requests to the provider dashscope-qwen get 503/,
    );
    const { status, body } = await postChat(running.port, "/", provider);
    assert.equal(status, 503);
    assert.match(body, /provider_misconfigured/);
  });
});

test("it says which hosts it serves, and what only a mesh applies", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const policy = join(folder, "policy.yaml");
  const metadata = "metadata: {name: only-search, namespace: istio-system}";
  const spec = "spec: {rules: [{}]}";
  const kind = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy";
  writeFileSync(policy, `${kind}\n${metadata}\n${spec}\n`);
  await whileRunning([policy], { DASHSCOPE_API_KEY: key }, async (running) => {
    await running.said("only Istio applies it");
    assert.deepEqual(running.stdout().split("\n").slice(0, -2), [
      `serves ${provider}`,
      "ignores the rule mesh-route of LLMRoute default/dashscope-route: only sidecars apply it",
      "ignores AuthorizationPolicy istio-system/only-search: only Istio applies it",
    ]);
  });
  rmSync(folder, { recursive: true });
});

test("a line says what failed if the provider can't be reached", async () => {
  const words = ["--upstream", `${provider}=http://no-such-host.invalid`];
  await whileRunning(words, { DASHSCOPE_API_KEY: key }, async (running) => {
    assert.equal((await postChat(running.port, "/", provider)).status, 503);
    const [row = []] = await rowsOf(running, 1);
    assert.match(row.at(-1) ?? "", /^gateway_error: no_healthy_upstream \(.* check its name, DNS/);
  });
});

test("an upstream with TLS is trusted only for the name in its certificate", async () => {
  const { cert, key: privateKey } = selfSigned("localhost");
  const secure = await startMock({ apiKey: key, tls: { cert, key: privateKey } });
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const authorities = join(folder, "ca.pem");
  writeFileSync(authorities, cert);
  const statusBy = async (host: string): Promise<number> => {
    let status = 0;
    const words = ["--upstream", `${provider}=https://${host}:${secure.port}`];
    const env = { DASHSCOPE_API_KEY: key, SSL_CERT_FILE: authorities };
    await whileRunning(words, env, async ({ port }) => {
      ({ status } = await postChat(port, "/", provider));
    });
    return status;
  };
  try {
    assert.equal(await statusBy("localhost"), 200);
    assert.equal(await statusBy("127.0.0.1"), 503);
    assert.equal(secure.requests.length, 1);
  } finally {
    await secure.close();
    rmSync(folder, { recursive: true });
  }
});

test("a port that is in use is named in the error", async () => {
  const port = await freePort();
  const squatter = createServer().listen(port, "127.0.0.1");
  const running = await startRun([quickstart, "--listen", `127.0.0.1:${port}`], {
    DASHSCOPE_API_KEY: key,
  });
  try {
    await running.said("EADDRINUSE");
    assert.equal(await running.ended(), 1);
    assert.match(running.stderr(), /--listen 127\.0\.0\.1:\d+ can't be used: .*EADDRINUSE/);
  } finally {
    squatter.close();
    await endRun(running);
  }
});
