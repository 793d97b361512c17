import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";
import { afterEach, beforeEach, test } from "node:test";
import { makeCertificate } from "../../src/controller/webhook/certificate.ts";
import type { AdmissionRequest, AdmissionResponse } from "../../src/controller/webhook/review.ts";
import { WebhookServer } from "../../src/controller/webhook/webhook-server.ts";

const host = "llm-egress.system.svc";
const pair = makeCertificate(host);

let server: WebhookServer;
let outcomes: string[];
let judge: (request: AdmissionRequest) => AdmissionResponse | undefined;

beforeEach(async () => {
  outcomes = [];
  judge = ({ uid }) => ({ uid, allowed: true });
  server = new WebhookServer({
    listen: { host: "127.0.0.1", port: 0 },
    review: (request) => judge(request),
    onOutcome: (outcome) => void outcomes.push(outcome),
    timeoutMs: 2_000,
  });
  await server.use(pair);
});
afterEach(() => server.close());

interface Sent {
  method?: string;
  path?: string;
  ca?: string;
}

async function send(
  body: string | undefined,
  { method = "POST", path = "/validate", ca = pair.cert }: Sent = {},
) {
  const options = { host: "127.0.0.1", servername: host, port: server.port, agent: false };
  const sent = requestTls({ ...options, ca, method, path });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

const object = {
  apiVersion: "istio.alibabacloud.com/v1beta1",
  kind: "LLMProvider",
  metadata: { name: "a", namespace: "models" },
  spec: { host: "a.example" },
};

function reviewOf(uid: string, more: object = {}): string {
  const request = { uid, operation: "CREATE", object, oldObject: null, ...more };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
}

test("a review gets its response", async () => {
  judge = ({ uid, object: judged }) => ({
    ...{ uid, allowed: false, status: { code: 422, reason: "Invalid", message: judged.kind } },
  });
  const { status, text } = await send(reviewOf("u-1"), { path: "/validate?timeout=5s" });
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text), {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      uid: "u-1",
      allowed: false,
      status: { code: 422, reason: "Invalid", message: "LLMProvider" },
    },
  });
  assert.deepEqual(outcomes, ["refused"]);
});

test("anything but a review gets an error, without a word of it", async () => {
  const secret = "sk-4f9c2ab17d5e60831c";
  const cases: [string | undefined, Sent, number][] = [
    [undefined, { method: "GET" }, 405],
    [reviewOf("u"), { path: "/" }, 404],
    [reviewOf("u"), { path: "/validate/x" }, 404],
    [undefined, {}, 400],
    [`{"request": "${secret}`, {}, 400],
    [reviewOf("u", { object: { ...object, kind: secret } }), {}, 400],
    ["[".repeat(1_000_000), {}, 400],
    ["x".repeat(9 * 1024 * 1024), {}, 413],
  ];
  for (const [body, how, expected] of cases) {
    const { status, text } = await send(body, how).catch((error: NodeJS.ErrnoException) => {
      // The server has closed the connection while the body was on its way.
      assert.ok(["EPIPE", "ECONNRESET"].includes(error.code ?? "") && expected === 413);
      return { status: 413, text: "" };
    });
    assert.deepEqual([status, text], [expected, ""], JSON.stringify(how));
  }
  assert.equal((await send(reviewOf("u"))).status, 200);
});

test("an object that is nested without end does no harm", async () => {
  const depth = 200_000;
  const deep = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const body = reviewOf("u").replace('"host":"a.example"', `"deep":${deep}`);
  judge = ({ object: judged, uid }) => {
    JSON.stringify(judged);
    return { uid, allowed: true };
  };
  assert.equal((await send(body)).status, 500);
  assert.deepEqual(outcomes, ["failed"]);
  judge = ({ uid }) => ({ uid, allowed: true });
  assert.equal((await send(reviewOf("u"))).status, 200);
});

test("without knowledge of the cluster, it says nothing", async () => {
  judge = () => undefined;
  assert.equal((await send(reviewOf("u"))).status, 503);
});

test("of too many reviews at once, some get 503", async () => {
  let judged = 0;
  judge = ({ uid }) => {
    judged += 1;
    const end = performance.now() + 10;
    while (performance.now() < end);
    return { uid, allowed: true };
  };
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, index) => send(reviewOf(`u${index}`))),
  );
  const statuses = all.map(({ status }) => status);
  assert.ok(
    statuses.every((status) => status === 200 || status === 503),
    String(statuses),
  );
  assert.equal(judged, statuses.filter((status) => status === 200).length);
  assert.ok(judged >= 16);
});

test("a caller that sends nothing is not waited for", async () => {
  const socket = connect({ port: server.port, host: "127.0.0.1", servername: host, ca: pair.cert });
  socket.write(`POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`);
  socket.on("error", () => {});
  const begun = performance.now();
  socket.resume();
  await once(socket, "close");
  assert.ok(performance.now() - begun < 15_000);
});

test("a caller that does not even begin TLS is not waited for", async () => {
  const socket = connectPlain(server.port, "127.0.0.1");
  socket.on("error", () => {});
  const begun = performance.now();
  socket.resume();
  await once(socket, "close");
  assert.ok(performance.now() - begun < 15_000);
});

test("another certificate is served without a restart", async () => {
  const next = makeCertificate(host);
  await server.use(next);
  assert.equal((await send(reviewOf("u"), { ca: next.cert })).status, 200);
  await assert.rejects(send(reviewOf("u")));
});

test("a port that is in use is an error, and can be tried again", async () => {
  const options = { review: () => undefined, onOutcome: () => {} };
  const listen = { host: "127.0.0.1", port: server.port };
  const second = new WebhookServer({ ...options, listen });
  await assert.rejects(second.use(pair), { code: "EADDRINUSE" });
  server.close();
  await second.use(pair);
  second.close();
});
