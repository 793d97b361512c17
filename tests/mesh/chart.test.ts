// The chart against a real API server. There are no nodes and no controllers, so no pod runs: the
// tests check the objects.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, it } from "node:test";
import { makeCertificate } from "../../src/controller/webhook/certificate.ts";
import { findHelm, renderChart, renderManifests } from "../support/helm.ts";
import { change, chart, copyChart } from "./chart.ts";
import { connectMesh } from "./mesh.ts";

const mesh = connectMesh();
const helm = findHelm() ?? "helm";
const release = "llm-egress";
const namespace = "llm-egress-system";
const crd = "llmproviders.istio.alibabacloud.com";
const account = `system:serviceaccount:${namespace}:llm-egress`;

const kinds =
  "deployments,poddisruptionbudgets,services,serviceaccounts,networkpolicies,roles,rolebindings";
const clusterKinds = "clusterroles,clusterrolebindings,validatingwebhookconfigurations";
const allOptions = ["podMonitor", "prometheusRule", "dashboard", "networkPolicy"]
  .map((name) => `${name}.enabled=true`)
  .join(",");
const configurations = "validatingwebhookconfigurations.admissionregistration.k8s.io";
const selector = "app.kubernetes.io/name=llm-egress";

interface Found {
  kind: string;
  metadata: { name: string };
}

async function list(names: string): Promise<string[]> {
  const words = ["get", names, "--all-namespaces", "-l", selector, "-o", "json"];
  const { items } = JSON.parse(await mesh.kubectl(...words)) as { items: Found[] };
  return items.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}

function field(path: string, ...object: string[]): Promise<string> {
  return mesh.kubectl("get", ...object, "-n", namespace, "-o", `jsonpath=${path}`);
}

const columns = () => field("{.spec.versions[0].additionalPrinterColumns[*].name}", "crd", crd);

// One of them has older CRDs.
const charts = { older: "", current: "" };

before(() => {
  charts.older = copyChart(mesh, "older-chart");
  charts.current = copyChart(mesh, "chart");
  change(join(charts.older, "files/crds/llmproviders.yaml"), "- name: Model\n", "- name: Older\n");
});

it("passes helm lint with all that is optional", async () => {
  const output = await mesh.helm("lint", "--strict", chart, "--set", allOptions);
  assert.match(output, /1 chart\(s\) linted, 0 chart\(s\) failed/);
});

it("is refused with a value that the schema does not allow", async () => {
  await assert.rejects(mesh.helm("template", chart, "--set", "replica=3"), /replica/);
  await assert.rejects(mesh.helm("template", chart, "--set", "service.port=80"), /service\/port/);
  const faults = {
    "webhook.port=8443": /must differ/,
    "keys.gateways[1].namespace=istio-system,keys.gateways[0].namespace=istio-system":
      /keys\.gateways must have different namespaces/,
    "keys.istiod=https://istiod.istio-system.svc": /keys\/istiod/,
    "module.url=https://a.example/m #": /module\/url/,
    "networkPolicy.apiServer.cidr=10.0.0.1": /cidr/,
  };
  for (const [setting, message] of Object.entries(faults)) {
    await assert.rejects(mesh.helm("template", chart, "--set", setting), message, setting);
  }
});

it("renders deploy/install.yaml", () => {
  assert.equal(readFileSync("deploy/install.yaml", "utf8"), renderManifests(helm));
});

it("installs, and takes over CRDs that kubectl has created", async () => {
  const words = ["-n", namespace, "--create-namespace", "--take-ownership", "--force-conflicts"];
  await mesh.helm("install", release, charts.older, ...words);
  assert.match(await columns(), /Older/);
  assert.deepEqual(await list(kinds), [
    "Deployment llm-egress",
    "PodDisruptionBudget llm-egress",
    "Role llm-egress",
    "Role llm-egress-keys",
    "RoleBinding llm-egress",
    "RoleBinding llm-egress-keys",
    "Service llm-egress",
    "ServiceAccount llm-egress",
  ]);
  assert.deepEqual(await list(clusterKinds), [
    "ClusterRole llm-egress",
    "ClusterRoleBinding llm-egress",
    "ValidatingWebhookConfiguration llm-egress",
  ]);
});

it("upgrades, the CRDs included", async () => {
  // As the controller does.
  const path = "/webhooks/0/clientConfig/caBundle";
  const caBundle = Buffer.from(makeCertificate("llm-egress").cert).toString("base64");
  const patch = JSON.stringify([{ op: "add", path, value: caBundle }]);
  const configuration = ["validatingwebhookconfiguration", "llm-egress"];
  await mesh.kubectl("patch", ...configuration, "--type=json", "-p", patch);
  const settings = "replicas=3,networkPolicy.enabled=true,module.url=oci://r.example/m";
  const secrets = "keys.gateways[0].namespace=istio-system,keys.gateways[0].secrets={llm-keys}";
  const words = ["--set", `${settings},webhook.port=10250,${secrets}`];
  await mesh.helm("upgrade", release, charts.current, "-n", namespace, ...words);
  assert.match(await columns(), /Host Model Ready Path Age/);
  assert.equal(await field("{.spec.replicas}", "deployment", "llm-egress"), "3");
  assert.ok((await list(kinds)).includes("NetworkPolicy llm-egress"));
  // The caBundle is not the chart's.
  const webhook = "{.webhooks[0].clientConfig['caBundle','service.port']}";
  assert.equal(await field(webhook, ...configuration), `${caBundle} 10250`);
  const args = "{.spec.template.spec.containers[0].args}";
  assert.match(await field(args, "deployment", "llm-egress"), /"--wasm-url=oci:\/\/r.example\/m"/);
});

it("leaves out the webhook, with its rights", () => {
  const text = renderChart(helm, ["--set", "webhook.enabled=false,networkPolicy.enabled=true"]);
  assert.doesNotMatch(text.replace(/^ *#.*$/gm, ""), /webhook|\[secrets\]|9443/);
});

it("creates pods that the restricted Pod Security Standard allows", async () => {
  const label = "pod-security.kubernetes.io/enforce=restricted";
  await mesh.kubectl("label", "namespace", namespace, label);
  const template = await field("{.spec.template}", "deployment", "llm-egress");
  const { metadata, spec } = JSON.parse(template) as { metadata: object; spec: object };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "try" }, spec };
  const file = join(mesh.folder, "pod.json");
  writeFileSync(file, JSON.stringify(pod));
  const words = ["create", "--dry-run=server", "-n", namespace, "-f", file];
  assert.match(await mesh.kubectl(...words), /pod\/try created/);
});

it("gives the controller the rights that it needs, and no others", async () => {
  const can = async (verb: string, what: string, where: string[]): Promise<string> => {
    const words = ["auth", "can-i", verb, what, "--as", account, ...where];
    return (await mesh.kubectl(...words).catch(() => "no")).trim();
  };
  const everywhere = ["--all-namespaces"];
  const own = ["-n", namespace];
  const gateways = ["-n", "istio-system"];
  const allowed: [string, string, string[]][] = [
    ["watch", crd, everywhere],
    ["patch", "llmroutes.istio.alibabacloud.com", [...everywhere, "--subresource=status"]],
    ["delete", "wasmplugins.extensions.istio.io", everywhere],
    ["update", "leases.coordination.k8s.io/llm-egress", own],
    ["update", "secrets/llm-egress-webhook", own],
    ["update", `${configurations}/llm-egress`, everywhere],
    ["watch", "pods", gateways],
    ["watch", "secrets/llm-keys", gateways],
  ];
  for (const right of allowed) assert.equal(await can(...right), "yes", right.join(" "));
  const refused: [string, string, string[]][] = [
    ["get", "secrets", own],
    ["list", "pods", own],
    ["get", "configmaps", own],
    ["list", "pods", ["-n", "default"]],
    ["get", "secrets/another", gateways],
    ["update", "secrets/llm-keys", gateways],
    ["get", "secrets/llm-keys", own],
    ["update", crd, everywhere],
    ["update", "leases.coordination.k8s.io/another", own],
    ["get", "secrets/another", own],
    ["get", "secrets/llm-egress-webhook", ["-n", "default"]],
    ["create", configurations, everywhere],
    ["update", `${configurations}/another`, everywhere],
    ["create", "envoyfilters.networking.istio.io", everywhere],
  ];
  for (const right of refused) assert.equal(await can(...right), "no", right.join(" "));
  for (const kind of ["clusterrole", "role"]) {
    assert.doesNotMatch(await field("{.rules}", kind, "llm-egress"), /\*/);
  }
});

it("uninstalls, and leaves the CRDs with their resources", async () => {
  const provider = ["-f", "examples/egress-gateway/dashscope-qwen.yaml"];
  await mesh.kubectl("create", ...provider);
  await mesh.helm("uninstall", release, "-n", namespace);
  assert.deepEqual(await list(kinds), []);
  assert.deepEqual(await list(clusterKinds), []);
  assert.match(await columns(), /Host/);
  assert.match(await mesh.kubectl("delete", ...provider), /deleted/);
});
