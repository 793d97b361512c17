// The examples as users run them: the commands in their READMEs, and what the providers receive.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { type Mock, startMock } from "../../src/mock/server.ts";
import { exampleNames, readSteps } from "../support/readme.ts";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import {
  type ControllerProcess,
  makeRoomForHelm,
  prepareController,
  startController,
  startDeployment,
  untilPruned,
} from "./controller-process.ts";
import { followReadme } from "./readme.ts";
import { dashscopeProvider, dashscopeRoute, gatewayDeployment, gatewayRule } from "./resources.ts";
import { gatewayKeys, podAddress } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";
import { startTokenIssuer, type TokenIssuer } from "./token-issuer.ts";

const mesh = connectMesh();
const shown = "works as its README shows";
const tested = new Set<string>();
let controller: ControllerProcess | undefined;
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const echo = { "x-mock-echo": "1" };
const endpoints = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: vllm, namespace: models, labels: { kubernetes.io/service-name: vllm } }
addressType: IPv4
endpoints: [{ addresses: ["${podAddress}"], conditions: { ready: true } }]
ports: [{ name: http, port: 8000, protocol: TCP }]
`;

after(() => controller?.stop());

interface Received {
  host: string[];
  /** The SNI of the TLS connection. */
  serverName: string | null | undefined;
  path: string;
  authorization: string[];
  model: string;
  maxTokens?: number;
}

const dashscope: Received = {
  host: ["dashscope.aliyuncs.com"],
  serverName: "dashscope.aliyuncs.com",
  path: "/compatible-mode/v1/chat/completions",
  authorization: [`Bearer ${gatewayKeys.API_KEY}`],
  model: "qwen-turbo",
};

describe("with the controller that Helm installs", () => {
  let replicas: ControllerProcess[] = [];

  before(() => makeRoomForHelm(mesh));
  after(async () => {
    for (const each of replicas) assert.equal(await each.stop(), 0);
    await mesh.helm("uninstall", "llm-egress", "-n", "llm-egress-system");
    await mesh.kubectl("apply", "-f", "deploy/crds");
    await prepareController(mesh);
    controller = startController(mesh);
  });

  example("egress-gateway", () => {
    const onInstall = async () => void (replicas = await startDeployment(mesh));

    it(shown, () => followReadme(mesh, "egress-gateway", { onInstall }));
  });
});

example("secret-key", () => {
  const env = { DASHSCOPE_API_KEY: "sk-of-the-secret", NEW_KEY: "sk-of-the-changed-secret" };

  after(() => mesh.kubectl("delete", "secret", "llm-keys", "-n", "istio-system"));

  it(shown, () => followReadme(mesh, "secret-key", { env }));

  it("uses the changed key", async () => {
    const expected = [`Bearer ${env.NEW_KEY}`];
    await pollUntil("the changed key", async () =>
      isDeepStrictEqual((await ask()).authorization, expected),
    );
  });
});

example("subscribers", () => {
  it(shown, () => followReadme(mesh, "subscribers"));

  it("applies another model and limit to subscribers, and the default to all others", async () => {
    const subscriber = await ask({ "user-type": "subscriber" }, { max_tokens: 9000 });
    assert.deepEqual(subscriber, { ...dashscope, model: "qwen-max", maxTokens: 8192 });
    for (const type of ["guest", "Subscriber", "subscribers"]) {
      const answer = await ask({ "user-type": type }, { model: "qwen-max", max_tokens: 9000 });
      assert.deepEqual(answer, { ...dashscope, maxTokens: 1024 });
    }
  });
});

example("in-cluster-service", () => {
  let model: Mock;

  before(async () => {
    // This mesh has no controller that creates EndpointSlices. The mock is the pod of the Service.
    model = await startMock({ host: podAddress, port: 8000 });
    await mesh.kubectl("create", "namespace", "models");
    await mesh.apply(endpoints);
  });
  after(() => model.close());

  it(shown, () => followReadme(mesh, "in-cluster-service"));

  it("sends plain HTTP to the Service without a key, with its own host, path and model", async () => {
    const before = model.requests.length;
    const received = await ask({ authorization: "Bearer the-client's-own" });
    assert.equal(model.requests.length, before + 1);
    assert.deepEqual(received, {
      host: ["vllm.models.svc.cluster.local"],
      serverName: null,
      path: "/v1/chat/completions",
      authorization: [],
      model: "Qwen/Qwen2.5-7B-Instruct",
    });
  });

  it("sends public requests out of the cluster, with the key", async () => {
    assert.deepEqual(await ask({ "x-data": "public" }), dashscope);
  });
});

example("jwt", () => {
  let issuer: TokenIssuer;

  before(async () => {
    issuer = await startTokenIssuer(mesh.folder);
  });
  after(() => issuer.close());

  it(shown, () => followReadme(mesh, "jwt", { env: { TOKEN: issuer.issue("alice") } }));

  it("does not forward the client's token to the provider", async () => {
    const token = issuer.issue("alice");
    const answer = await mesh
      .as("app")
      .chat(url, {}, { ...echo, authorization: `Bearer ${token}` });
    assert.deepEqual(receivedBy(answer), dashscope);
    assert.ok(!JSON.stringify(echoOf(answer)).includes(token));
  });

  it("checks the client's own credential, and does not accept the provider's key as a token", async () => {
    const answer = await mesh
      .as("app")
      .chat(url, {}, { authorization: dashscope.authorization[0]! });
    assert.equal(answer.status, 401);
  });
});

example("weights", () => {
  const requests = 1000;
  const parallel = 10;
  // Four standard deviations around 200 of 1,000, so that the test fails by chance once in 16,000
  // runs.
  const [least, most] = [150, 250];
  const first = { ...dashscope, authorization: [`Bearer ${gatewayKeys.DASHSCOPE_KEY}`] };
  const second = {
    host: ["api.moonshot.cn"],
    serverName: "api.moonshot.cn",
    path: "/v1/chat/completions",
    authorization: [`Bearer ${gatewayKeys.MOONSHOT_KEY}`],
    model: "moonshot-v1-8k",
  };

  it(shown, () => followReadme(mesh, "weights"));

  it("sends two providers their shares, each with its own host, path, key and model", async () => {
    let ofSecond = 0;
    const requestAll = async () => {
      for (let made = 0; made < requests / parallel; made += 1) {
        const received = await ask();
        const isSecond = received.serverName === second.serverName;
        assert.deepEqual(received, isSecond ? second : first);
        if (isSecond) ofSecond += 1;
      }
    };
    await Promise.all(Array.from({ length: parallel }, requestAll));
    assert.ok(ofSecond >= least && ofSecond <= most, `${ofSecond} of ${requests}`);
  });
});

example("telemetry", () => {
  before(() => mesh.apply(gatewayRule, dashscopeProvider, dashscopeRoute, gatewayDeployment));

  it(shown, () => followReadme(mesh, "telemetry"));
});

it("tests every example that runs on a mesh", () => {
  const forMesh = exampleNames().filter((name) => readSteps(name, "mesh").length > 0);
  assert.deepEqual([...tested].sort(), forMesh);
});

function example(name: string, tests: () => void): void {
  tested.add(name);
  describe(`examples/${name}`, () => {
    tests();
    after(async () => {
      await mesh.clear();
      await untilPruned(mesh);
    });
  });
}

/** What the provider receives if app makes this request. */
async function ask(headers: Record<string, string> = {}, members: object = {}): Promise<Received> {
  return receivedBy(await mesh.as("app").chat(url, members, { ...echo, ...headers }));
}

function receivedBy(answer: { status: number; body: Buffer }): Received {
  const received = echoOf(answer);
  const body = JSON.parse(echoedBody(answer)) as { model: string; max_tokens?: number };
  return {
    host: echoedHeader(received, "host"),
    serverName: received.serverName,
    path: received.path,
    authorization: echoedHeader(received, "authorization"),
    model: body.model,
    ...(body.max_tokens === undefined ? {} : { maxTokens: body.max_tokens }),
  };
}
