// A route whose provider has another host than the one that applications call.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeRoute, gatewayRule, moonshotProvider } from "./resources.ts";
import { gatewayKeys } from "./rig/names.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const route = dashscopeRoute.replaceAll(
  "providerHost: dashscope.aliyuncs.com",
  "providerHost: api.moonshot.cn",
);

before(async () => mesh.apply(gatewayRule, await mesh.render(moonshotProvider, route)));
after(() => mesh.clear());

it("sends the provider its own host, and no header of the mesh with the host that was called", async () => {
  const received = echoOf(await mesh.as("app").chat(url, {}, { "x-mock-echo": "1" }));
  assert.equal(received.serverName, "api.moonshot.cn");
  assert.deepEqual(echoedHeader(received, "host"), ["api.moonshot.cn"]);
  assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${gatewayKeys.MOONSHOT_KEY}`]);
  const others = received.headers.filter(([name]) => name.toLowerCase() !== "host");
  assert.doesNotMatch(JSON.stringify(others), /x-envoy|dashscope/i);
});
