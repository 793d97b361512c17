// A route that shares its requests between two providers: each request goes to one of them, with that one's host, path, key and model.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { gatewayKeys } from "./rig/names.ts";
import { dashscopeProvider, gatewayRule, moonshotProvider } from "./resources.ts";
import type { WorkloadAnswer } from "./workload.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const requests = 1000;
const parallel = 10;
// Four standard deviations around 200 of 1,000: by chance it fails once in 16,000 runs.
const bounds = [150, 250] as const;

const sharedRoute = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: shared, namespace: default }
spec:
  host: dashscope.aliyuncs.com
  gateways: [mesh, istio-system/egress-gw]
  rules:
    - name: mesh-route
      matches: [{ gateways: [mesh] }]
      backendRefs:
        - providerHost: istio-egressgateway.istio-system.svc.cluster.local
    - name: egress-gw-route
      matches: [{ gateways: [istio-system/egress-gw] }]
      backendRefs:
        - { providerHost: dashscope.aliyuncs.com, weight: 80 }
        - { providerHost: api.moonshot.cn, weight: 20 }
`;

const dashscope = {
  host: ["dashscope.aliyuncs.com"],
  serverName: "dashscope.aliyuncs.com",
  path: "/compatible-mode/v1/chat/completions",
  authorization: [`Bearer ${gatewayKeys.API_KEY}`],
  model: "qwen-1.8b-chat",
};
const moonshot = {
  host: ["api.moonshot.cn"],
  serverName: "api.moonshot.cn",
  path: "/v1/chat/completions",
  authorization: [`Bearer ${gatewayKeys.MOONSHOT_KEY}`],
  model: "moonshot-v1-8k",
};

before(async () => {
  const resources = await mesh.render(dashscopeProvider, moonshotProvider, sharedRoute);
  await mesh.apply(gatewayRule, resources);
});
after(() => mesh.clear());

it("gives two providers their shares, each with its own host, path, key and model", async () => {
  let ofMoonshot = 0;
  const requestAll = async () => {
    for (let made = 0; made < requests / parallel; made += 1) {
      const received = receivedBy(await mesh.as("app").chat(url, {}, { "x-mock-echo": "1" }));
      const isMoonshot = received.serverName === moonshot.serverName;
      assert.deepEqual(received, isMoonshot ? moonshot : dashscope);
      if (isMoonshot) ofMoonshot += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, requestAll));
  const [least, most] = bounds;
  assert.ok(ofMoonshot >= least && ofMoonshot <= most, `${ofMoonshot} of ${requests}`);
});

function receivedBy(answer: WorkloadAnswer): typeof dashscope {
  const echo = echoOf(answer);
  return {
    host: echoedHeader(echo, "host"),
    serverName: echo.serverName ?? "",
    path: echo.path,
    authorization: echoedHeader(echo, "authorization"),
    model: (JSON.parse(echoedBody(answer)) as { model: string }).model,
  };
}
