// A replica that does not lead passes polls on to the leader, or answers them itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { forwardTo } from "../../src/keys/forward.ts";
import type { Identity } from "../../src/keys/mesh-identity.ts";
import { MeshCa } from "../support/mesh-ca.ts";
import { until } from "../support/until.ts";

const spiffeId = "spiffe://cluster.local/ns/llm-egress-system/sa/llm-egress";
const caller = { namespace: "istio-system", serviceAccount: "gateway" };
const poll = { caller, address: "10.0.0.7", version: "7.ab", config: "r&1" };

let ca: MeshCa;
let own: Identity;
let identity: Identity | undefined;
let leader: string | undefined;
let change: AbortController;
/** What the leader does with a poll, and the polls that it has got. */
let lead: (request: IncomingMessage, response: ServerResponse) => void;
let polls: IncomingMessage[];
let servers: net.Server[];
let replica: string;
/** What `forward` has resolved with. */
let results: string[];

before(() => {
  ca = new MeshCa();
  own = { ...ca.issue(`URI:${spiffeId}`), ca: ca.root };
});
after(() => ca.close());

beforeEach(async () => {
  [servers, polls, results] = [[], [], []];
  [identity, change] = [own, new AbortController()];
  lead = (_, response) => response.writeHead(304).end();
  leader = await startLeader(own);
  const forward = forwardTo({
    ...{ leader: () => leader, identity: () => identity, spiffeId },
    signal: () => change.signal,
  });
  const server = http.createServer((_, response) => {
    void forward(poll, response).then((result) => {
      results.push(result);
      if (result === "not" && !response.destroyed) response.end("itself");
    });
  });
  replica = `http://${await listen(server)}`;
});
afterEach(() => {
  for (const server of servers) {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
    if (server instanceof https.Server) server.closeAllConnections();
  }
});

async function listen(server: net.Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function startLeader({ cert, key }: Pick<Identity, "cert" | "key">): Promise<string> {
  const options = { cert, key, ca: ca.root, requestCert: true, rejectUnauthorized: true };
  const server = https.createServer(options, (request, response) => {
    polls.push(request);
    lead(request, response);
  });
  return listen(server);
}

async function assertAnswersItself(): Promise<void> {
  const response = await fetch(replica);
  assert.equal(await response.text(), "itself");
  assert.deepEqual(results, ["not"]);
}

test("the leader gets the poll as it came, and from whom, under the replica's identity", async () => {
  lead = (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerX509Certificate()?.subjectAltName;
    const { url, headers } = request;
    const from = headers["x-llm-egress-forwarded-for"];
    response.setHeader("content-type", "application/json");
    response.setHeader("x-other", "1").end(JSON.stringify({ url, from, peer }));
  };
  const response = await fetch(replica);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("x-other"), null);
  assert.deepEqual(await response.json(), {
    url: "/v1/keys?version=7.ab&config=r%261",
    from: "istio-system/gateway 10.0.0.7",
    peer: `URI:${spiffeId}`,
  });
  assert.deepEqual(results, ["answered"]);
});

test("the leader's 304 is passed on", async () => {
  assert.equal((await fetch(replica)).status, 304);
  assert.deepEqual(results, ["answered"]);
});

for (const status of [403, 404, 500, 503]) {
  test(`a replica answers itself if the leader answers ${status}`, async () => {
    lead = (_, response) => response.writeHead(status).end("no");
    await assertAnswersItself();
  });
}

test("a replica answers itself without a leader, or without an identity", async () => {
  const address = leader;
  leader = undefined;
  await assertAnswersItself();
  [leader, identity, results] = [address, undefined, []];
  await assertAnswersItself();
  assert.equal(polls.length, 0);
});

test("whoever is not the controller gets no poll", async () => {
  const others = [
    ca.issue(`URI:${spiffeId}-2`),
    ca.issue(`URI:${spiffeId},DNS:localhost`),
    ca.issue("DNS:localhost"),
  ];
  const foreign = new MeshCa();
  others.push(foreign.issue(`URI:${spiffeId}`));
  foreign.close();
  for (const other of others) {
    leader = await startLeader(other);
    results = [];
    await assertAnswersItself();
  }
  assert.equal(polls.length, 0);
});

test("a replica answers itself if the leader is gone, or does not respond within a second", async () => {
  leader = "127.0.0.1:1";
  await assertAnswersItself();
  leader = await listen(net.createServer(() => {}));
  results = [];
  const begun = performance.now();
  await assertAnswersItself();
  assert.ok(performance.now() - begun < 1_500);
});

test("a poll that waits at the leader is answered by the replica if the leader dies", async () => {
  lead = (request) => request.socket.destroy();
  await assertAnswersItself();
});

test("a poll that waits at the leader comes back when another replica leads", async () => {
  lead = () => change.abort();
  await assertAnswersItself();
});

test("the leader's connection ends with that of the gateway", async () => {
  let isClosed = false;
  lead = (request) => request.on("close", () => (isClosed = true));
  const gateway = new AbortController();
  const answer = fetch(replica, { signal: gateway.signal });
  await until(() => polls.length === 1);
  gateway.abort();
  await assert.rejects(answer);
  await until(() => isClosed);
});
