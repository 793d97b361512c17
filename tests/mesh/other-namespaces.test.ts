// What resources of other namespaces can't have: a rule's settings by its name alone, and a
// provider that the gateway does not serve.
import assert from "node:assert/strict";
import { afterEach, it } from "node:test";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule, moonshotProvider } from "./resources.ts";
import { gatewayKeys } from "./rig/names.ts";
import type { WorkloadAnswer } from "./workload.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";

// The settings of the rule have another key and another model.
const provider = `${dashscopeProvider.trimEnd()}
    routeSpecificConfigs:
      subscribers:
        openAIConfig: { model: qwen-max, apiKey: "\${DASHSCOPE_KEY}" }
`;
const route = dashscopeRoute.replace("name: egress-gw-route", "name: subscribers");

/** A VirtualService of another namespace whose route has the rule's name. */
const handWritten = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: dashscope-route, namespace: istio-system }
spec:
  hosts: [dashscope.aliyuncs.com]
  gateways: [istio-system/egress-gw]
  http:
    - name: subscribers
      match: [{ headers: { x-other: { exact: "1" } } }]
      route:
        - destination:
            host: dashscope.aliyuncs.com
            port: { number: 443 }
            subset: llm-egress
`;

afterEach(() => mesh.clear());

it("gives a rule's settings to its own LLMRoute, and to no other route of its name", async () => {
  await mesh.apply(handWritten);
  // The older of two VirtualServices comes first; ages have a resolution of one second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await mesh.apply(gatewayRule, await mesh.render(provider, route));
  assert.deepEqual(sentBy(await ask()), {
    key: [`Bearer ${gatewayKeys.DASHSCOPE_KEY}`],
    model: "qwen-max",
  });
  assert.deepEqual(sentBy(await ask({ "x-other": "1" })), {
    key: [`Bearer ${gatewayKeys.API_KEY}`],
    model: "qwen-1.8b-chat",
  });
});

it("answers 503 for a provider of another namespace", async () => {
  const elsewhere = moonshotProvider
    .replace("namespace: istio-system", "namespace: default")
    .replace(
      "host: api.moonshot.cn",
      "host: api.moonshot.cn\n  port: 80\n  tls: { mode: DISABLE }",
    );
  const other = dashscopeRoute.replaceAll(
    "providerHost: dashscope.aliyuncs.com",
    "providerHost: api.moonshot.cn",
  );
  await mesh.apply(gatewayRule, await mesh.render(dashscopeProvider, elsewhere, other));
  const answer = await ask({ authorization: "Bearer the-client's-own" });
  assert.equal(answer.status, 503);
  assert.match(answer.body.toString(), /provider_misconfigured/);
});

function ask(headers: Record<string, string> = {}): Promise<WorkloadAnswer> {
  return mesh.as("app").chat(url, {}, { "x-mock-echo": "1", ...headers });
}

function sentBy(answer: WorkloadAnswer): { key: string[]; model: string } {
  const { model } = JSON.parse(echoedBody(answer)) as { model: string };
  return { key: echoedHeader(echoOf(answer), "authorization"), model };
}
