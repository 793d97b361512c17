// `npm start` as a new user runs it, in a copy of what it needs. It is not built again.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findEnvoy } from "../../src/cli/envoy-binary.ts";
import { freePort } from "../support/ports.ts";
import { runningInGroup } from "../support/process-group.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
/** npm, two node processes and Envoy start at once, on a machine that may be busy. */
const patienceMs = 30_000;
const copy = join(folder, "a späce 路径");

before(() => {
  const files = ["llm-egress.mjs", "llm-egress.wasm"].map((name) => join("build", name));
  for (const file of ["package.json", "scripts/start.mjs", "examples/quickstart", ...files]) {
    cpSync(file, join(copy, file), { recursive: true });
  }
});
after(() => rmSync(folder, { recursive: true }));

interface Started {
  child: ChildProcess;
  group: number;
  temporary: string;
  output(): string;
  said(text: string): Promise<void>;
}

/** With `--ignore-scripts`, npm skips the build before the start. `before` are words before npm. */
function npmStart(words: string[], env: NodeJS.ProcessEnv = {}, before: string[] = []): Started {
  const temporary = mkdtempSync(join(folder, "tmp-"));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const [program = "", ...rest] = [...before, "npm", "start", "--ignore-scripts", "--", ...words];
  const child = spawn(program, rest, {
    cwd: copy,
    env: {
      ...process.env,
      DASHSCOPE_API_KEY: "",
      XDG_CACHE_HOME: cache,
      TMPDIR: temporary,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const said = (text: string) => until(() => output.includes(text), patienceMs);
  return { child, group: child.pid ?? 0, temporary, output: () => output, said };
}

/** All processes end, and leave no file. */
async function leavesNothing({ group, temporary }: Started): Promise<void> {
  await until(() => runningInGroup(group).length === 0, patienceMs);
  assert.deepEqual(readdirSync(temporary), []);
}

async function whileStarted(
  words: string[],
  act: (started: Started, url: string) => Promise<unknown>,
  ...more: [env?: NodeJS.ProcessEnv, before?: string[]]
): Promise<void> {
  const started = npmStart(words, ...more);
  try {
    await started.said("Ctrl-C stops everything");
    const [, url = ""] = /OPENAI_BASE_URL=(\S+)\/v1/.exec(started.output()) ?? [];
    await act(started, url);
  } finally {
    if (runningInGroup(started.group).length > 0) process.kill(-started.group);
    await leavesNothing(started);
  }
}

const listenFree = async () => ["--listen", `127.0.0.1:${await freePort()}`];

test("in a path with a space and letters beyond ASCII, it serves, with the options of run", async () => {
  const admin = `127.0.0.1:${await freePort()}`;
  const [option = "", listen = ""] = await listenFree();
  await whileStarted([option, listen, `--admin=${admin}`], async (started, url) => {
    assert.equal(url, `http://${listen}`);
    assert.match(started.output(), /DASHSCOPE_API_KEY is not set: a mock .* Nothing is billed\./);
    assert.match(started.output(), /"content":"You said: hi"/);
    assert.equal((await fetch(`http://${admin}/ready`)).status, 200);
  });
});

const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const canBeNobody = spawnSync(asNobody[0]!, [...asNobody.slice(1), "npm", "-v"]).status === 0;
const skip = !canBeNobody && "needs root, setpriv, and npm for every user";

test("a user who owns nothing but a home and a temporary folder can run it", { skip }, async () => {
  // The cache of another user can't be read.
  const envoy = join(folder, "envoy");
  const found = await findEnvoy({ log: console.error });
  try {
    linkSync(found, envoy);
  } catch {
    copyFileSync(found, envoy);
  }
  const [home, temporary] = [mkdtempSync(join(folder, "home-")), mkdtempSync(join(folder, "tmp-"))];
  chmodSync(folder, 0o755);
  for (const own of [home, temporary]) chownSync(own, 65534, 65534);
  const env = { HOME: home, ENVOY: envoy, TMPDIR: temporary, XDG_CACHE_HOME: undefined };
  await whileStarted(
    await listenFree(),
    (started) => {
      assert.match(started.output(), /"content":"You said: hi"/);
      return Promise.resolve();
    },
    env,
    asNobody,
  );
  assert.deepEqual(readdirSync(temporary), []);
});

test("a client that streams gets events as they come", async () => {
  await whileStarted(await listenFree(), async (_started, url) => {
    const body = JSON.stringify({ stream: true, messages: [{ role: "user", content: "a b c d" }] });
    const headers = { "x-mock-pause-ms": "50" };
    const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", body, headers });
    assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
    let chunks = 0;
    const reader = answer.body!.getReader();
    while (!(await reader.read()).done) chunks += 1;
    assert.ok(chunks > 2, `${chunks} chunks`);
  });
});

test("a port in use is answered with a line and the next free port", async () => {
  const squatter = createServer()
    .listen(10000, "127.0.0.1")
    .on("error", () => {});
  try {
    await whileStarted([], (started, url) => {
      const [, port] =
        /Port 10000 is in use\. This is port (\d+); --listen/.exec(started.output()) ?? [];
      assert.equal(url, `http://127.0.0.1:${port}`);
      return Promise.resolve();
    });
  } finally {
    squatter.close();
  }
});

test("with a key, it says before any request that its owner is billed", async () => {
  // This Envoy ends at once, so no request is made.
  const env = { DASHSCOPE_API_KEY: "fake-key", ENVOY: "/bin/true" };
  const started = npmStart(await listenFree(), env);
  await leavesNothing(started);
  assert.match(
    started.output(),
    /real provider, https:\/\/dashscope\.aliyuncs\.com, .*\n.* is billed/,
  );
  assert.match(started.output(), /\/bin\/true ended with exit code 0 before it served requests\./);
  assert.ok(!started.output().includes("fake-key"));
  assert.doesNotMatch(started.output(), /unsettled|^ +at /m);
});

test("a temporary folder that can't be used ends everything", async () => {
  const env = { TMPDIR: join(folder, "none"), ENVOY: "/bin/true" };
  const started = npmStart(await listenFree(), env);
  await leavesNothing(started);
  assert.match(started.output(), /can't be used for temporary files: ENOENT/);
});

test("if npm is killed, everything ends", async () => {
  await whileStarted(await listenFree(), async (started) => {
    assert.ok(runningInGroup(started.group).includes("envoy"), "Envoy runs");
    started.child.kill("SIGKILL");
    await leavesNothing(started);
  });
});

test("if the terminal goes, everything ends", async () => {
  await whileStarted(await listenFree(), async (started) => {
    process.kill(-started.group, "SIGHUP");
    await leavesNothing(started);
  });
});

test("if the reader of the output goes, everything ends at the next line", async () => {
  await whileStarted(await listenFree(), async (started, url) => {
    started.child.stdout?.destroy();
    // The line of the sample request may come after the reader has gone, and end everything first.
    await fetch(`${url}/v1/models`).catch(() => {});
    await leavesNothing(started);
  });
});
