// Istio's own tools accept what we render. All other tests on the mesh use istiod's webhook; this
// one uses istioctl.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { connectMesh } from "./mesh.ts";
import {
  dashscopeProvider,
  dashscopeRoute,
  gatewayRule,
  moonshotProvider,
  moonshotRoute,
} from "./resources.ts";

const mesh = connectMesh();
const renderedKinds = ["DestinationRule", "ServiceEntry", "VirtualService", "WasmPlugin"];
let rendered: string;

before(async () => {
  const providers = [dashscopeProvider, moonshotProvider];
  rendered = await mesh.render(...providers, dashscopeRoute, moonshotRoute);
  await mesh.apply(gatewayRule, rendered);
});
after(() => mesh.clear());

it("passes istioctl validate", async () => {
  const file = join(mesh.folder, "rendered.yaml");
  writeFileSync(file, rendered);
  const { stdout, stderr } = await mesh.istioctl("validate", "-f", file);
  assert.match(stdout + stderr, /rendered\.yaml" is valid/);
  assert.doesNotMatch(stdout + stderr, /warning/i);
});

// The DestinationRules are for their own namespace, where the gateway is. istioctl looks for a
// subset in the namespace of the VirtualService.
const foundAtTheGateway =
  /^Referenced host\+subset in destinationrule not found: ".*\+llm-egress"$/;

it("passes istioctl analyze, but for the subset of a provider in another namespace", async () => {
  const { stdout } = await mesh.istioctl("analyze", "--all-namespaces", "--output", "json");
  const messages = JSON.parse(stdout) as Finding[];
  const ours = messages.filter(({ origin }) => renderedKinds.includes(origin.split(" ")[0] ?? ""));
  const subsets = ours.filter(({ message }) => foundAtTheGateway.test(message));
  assert.deepEqual(
    subsets.map(({ code, origin }) => `${code} ${origin}`).sort(),
    ["dashscope", "moonshot"].map((name) => `IST0101 VirtualService default/${name}-route`),
  );
  assert.equal(ours.length, subsets.length);
});

interface Finding {
  code: string;
  message: string;
  origin: string;
}
