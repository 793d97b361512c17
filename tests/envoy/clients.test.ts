// Official and common clients through `llm-egress run`, each against the mock: every call that they
// make works with the gateway as the base URL and a key of their own.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "../../src/mock/server.ts";
import { installClients } from "../support/client-packages.ts";
import { hasProgram } from "../support/programs.ts";
import { endRun, type Running, startRun } from "../support/run-command.ts";

const key = "fake-key-of-clients";

/** What clients of one kind call: the endpoints and the header of their provider. */
const gateways = {
  OPENAI_URL: {
    endpoints:
      "[chat, embeddings, responses, models, files, audio, moderations, { path: /api/chat }]",
    auth: "{ header: authorization }",
  },
  ANTHROPIC_URL: { endpoints: "[messages]", auth: '{ header: x-api-key, prefix: "" }' },
  GEMINI_URL: {
    endpoints:
      '[{ path: "/v1beta/models/*:generateContent" }, { path: "/v1beta/models/*:streamGenerateContent" }]',
    auth: '{ header: x-goog-api-key, prefix: "" }',
  },
};

function resources({ endpoints, auth }: { endpoints: string; auth: string }): string {
  return `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: provider }
spec:
  host: a.example
  endpoints: ${endpoints}
  configs:
    defaultConfig:
      openAIConfig: { apiKey: "\${KEY}", auth: ${auth} }
`;
}

const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
const running: Running[] = [];
const urls: Record<string, string> = {};
let mock: Mock;

before(async () => {
  mock = await startMock({ apiKey: key });
  for (const [name, gateway] of Object.entries(gateways)) {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, resources(gateway));
    const each = await startRun([file, "--upstream", `a.example=${mock.url}`], { KEY: key });
    running.push(each);
    await each.said("llm-egress listens on");
    urls[name] = `http://127.0.0.1:${each.port}`;
  }
});
after(async () => {
  for (const each of running) await endRun(each);
  await mock.close();
  rmSync(folder, { recursive: true });
});

const timeoutMs = 120_000;

interface Program {
  /** Empty if this machine can run it, or else what is missing. */
  missing: string;
  start(): Promise<{ words: [string, ...string[]]; cwd?: string; input?: string }>;
}

const programs: Record<string, Program> = {
  "Node.js": {
    missing: hasProgram("npm") ? "" : "npm is not on PATH",
    start: async () => ({
      words: [process.execPath, "--input-type=module", "-"],
      cwd: await installClients("node"),
      input: readFileSync("tests/clients/clients.mjs", "utf8"),
    }),
  },
  Python: {
    missing: hasPython() ? "" : "there is no python3 of version 3.11 or newer with venv and pip",
    start: async () => ({
      words: [join(await installClients("python"), "bin", "python"), "tests/clients/clients.py"],
    }),
  },
  Java: {
    missing: hasProgram("javac") ? "" : "there is no JDK on PATH",
    start: () => Promise.resolve({ words: ["java", "tests/clients/Client.java"] }),
  },
};

function hasPython(): boolean {
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  return spawnSync("python3", ["-c", check]).status === 0;
}

/** The calls of each client, as docs/clients.md lists them: `client: call`. */
const documented = [
  ...readFileSync("docs/clients.md", "utf8").matchAll(/^- \*\*(.+?)\*\*: ([^]+?)\.$/gm),
].flatMap(([, client = "", calls = ""]) => calls.split(/;\s+/).map((call) => `${client}: ${call}`));

for (const [language, { missing, start }] of Object.entries(programs)) {
  test(`${language} clients`, { skip: missing === "" ? false : missing }, async (t) => {
    const { words, ...options } = await start();
    const { stdout, error } = await runProgram(words, options);
    const lines = stdout.split("\n").filter((line) => line !== "");
    const worked = lines.map((line) => {
      const { client, call } = JSON.parse(line) as { client: string; call: string };
      return `${client}: ${call}`;
    });
    const listed = documented.filter((each) => each.includes(`(${language}): `));
    for (const each of listed) await t.test(each, () => assert.ok(worked.includes(each)));
    assert.equal(error, undefined);
    assert.deepEqual(worked, listed);
  });
}

/** Runs a program to its end, with the gateways' addresses in its environment. */
function runProgram(
  [file, ...words]: [string, ...string[]],
  { input, ...options }: { cwd?: string; input?: string } = {},
): Promise<{ stdout: string; error: string | undefined }> {
  const env = { ...process.env, ...urls, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
  return new Promise((resolve) => {
    const child = execFile(
      file,
      words,
      { ...options, env, timeout: timeoutMs },
      (failure, stdout, stderr) => {
        resolve({ stdout, error: failure === null ? undefined : `${failure.message}\n${stderr}` });
      },
    );
    child.stdin?.end(input);
  });
}

test("curl with HTTP/1.0, which has no chunks", async () => {
  const listed = documented.filter((each) => each.startsWith("curl (HTTP/1.0): "));
  assert.equal(listed.length, 2);
  for (const stream of [false, true]) {
    const body = JSON.stringify({ model: "m", stream, messages: [{ content: "hello world" }] });
    const type = ["--header", "content-type: application/json"];
    const url = `${urls["OPENAI_URL"]}/v1/chat/completions`;
    const options = ["--http1.0", "--silent", "--include", "--data", body, ...type];
    const { stdout, error } = await runProgram(["curl", ...options, url]);
    assert.equal(error, undefined);
    assert.match(stdout, /^HTTP\/1\.[01] 200 OK\r\n/);
    assert.doesNotMatch(stdout, /^transfer-encoding:/im);
    if (stream) assert.match(stdout, /\n\ndata: \[DONE\]\n\n$/);
    else assert.match(stdout, /You said: hello world/);
  }
});
