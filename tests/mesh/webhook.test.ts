// The validating webhook, called by a real API server with the chart's configuration.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { makeCertificate } from "../../src/controller/webhook/certificate.ts";
import { raiseLoopback } from "../support/namespaces.ts";
import {
  type ControllerProcess,
  prepareController,
  startController,
} from "./controller-process.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider as provider, dashscopeRoute as route } from "./resources.ts";
import { binariesFolder } from "./rig/binaries.ts";
import { controllerHost } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const [service = "", namespace = ""] = controllerHost.split(".");
const host = `${service}.${namespace}.svc`;
const port = 9443;
const configuration = ["validatingwebhookconfiguration", "llm-egress"];
const bundlePath = "{.webhooks[0].clientConfig.caBundle}";
const secret = ["secret", "llm-egress-webhook", "-n", namespace];

const aboveLimit = provider.replace(/^( *)model: .*$/m, (line, indent: string) =>
  [line, `${indent}parameters: {defaults: {n: 5}, limits: {n: 4}}`].join("\n"),
);
const sameHost = provider.replace("name: dashscope-qwen", "name: second");

let controller: ControllerProcess;

before(async () => {
  await prepareController(mesh, "Service", "ValidatingWebhookConfiguration");
  const words = ["get", "service", service, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}"];
  // There is no kube-proxy, so the Service's address is the controller's.
  raiseLoopback(await mesh.kubectl(...words));
  controller = startController(mesh, { words: ["--webhook-listen", `0.0.0.0:${port}`] });
  await untilTrusted();
});
after(async () => {
  await mesh.clear();
  await controller.stop();
  await mesh.kubectl("delete", ...configuration);
  await mesh.kubectl("delete", "service", service, "-n", namespace);
  await mesh.kubectl("delete", ...secret);
});

/** Runs kubectl with YAML. Resolves with what it prints, and rejects if it fails. */
async function submit(verb: string, yaml: string, ...words: string[]): Promise<string> {
  const file = join(mesh.folder, "reviewed.yaml");
  writeFileSync(file, yaml);
  const env = { ...process.env, KUBECONFIG: join(mesh.folder, "kubeconfig") };
  const all = [verb, "-f", file, ...words];
  const { stdout, stderr } = await promisify(execFile)(join(binariesFolder(), "kubectl"), all, {
    env,
  });
  return stdout + stderr;
}

const read = (path: string, ...object: string[]): Promise<string> =>
  mesh.kubectl("get", ...object, "-o", `jsonpath=${path}`);
const bundle = () => read(bundlePath, ...configuration);
const trusted = () => read("{.data.ca\\.crt}", ...secret);

async function untilTrusted(): Promise<void> {
  const isTrusted = async () => (await bundle()) !== "" && (await bundle()) === (await trusted());
  await pollUntil(
    "the caBundle",
    () => isTrusted().catch(() => false),
    () => Promise.resolve(controller.log()),
  );
}

/** The certificate that is served on a port, by its hash. */
async function servedOn(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, servername: host, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return createHash("sha256").update(raw).digest("hex");
}

const encode = (text: string) => Buffer.from(text).toString("base64");

/** Puts a certificate of so many days ago into the Secret. */
async function replaceSecret(days: number) {
  const pair = makeCertificate(host, Date.now() + days * 86_400_000);
  const data = { "tls.crt": encode(pair.cert), "tls.key": encode(pair.key) };
  const patch = JSON.stringify({ data: { ...data, "ca.crt": encode(pair.cert) } });
  await mesh.kubectl("patch", ...secret, "--type=merge", "-p", patch);
  return pair;
}

async function isRefused(yaml: string): Promise<boolean> {
  const words = ["create", yaml, "--dry-run=server"] as const;
  return submit(...words).then(
    () => false,
    (error: Error) => error.message.includes("denied the request"),
  );
}

describe("kubectl", () => {
  const said = 'admission webhook "validate.llm-egress.istio.alibabacloud.com" denied the request';

  it("prints why a resource is refused, with the code and the place", async () => {
    await assert.rejects(submit("create", aboveLimit), ({ message }: Error) => {
      assert.ok(message.includes(said), message);
      assert.match(
        message,
        /above_limit: spec\.configs\.defaultConfig\.openAIConfig\.parameters\./,
      );
      return true;
    });
    const found = await mesh.kubectl("get", "llmproviders", "-A", "-o", "name");
    assert.equal(found, "");
  });

  it("prints the same in a dry run, which stores nothing", async () => {
    await assert.rejects(submit("create", aboveLimit, "--dry-run=server"), /above_limit/);
    await submit("create", provider, "--dry-run=server");
    assert.equal(await mesh.kubectl("get", "llmproviders", "-A", "-o", "name"), "");
  });

  it("prints warnings, and no key", async () => {
    assert.match(
      await submit("create", route, "--dry-run=server"),
      /Warning: unknown_provider: spec\.rules\[1\]\.backendRefs\[0\]\.providerHost: there is no LLM/,
    );
    const key = "sk-4f9c2ab17d5e60831c";
    const literal = provider.replace("${API_KEY}", key);
    const output = await submit("create", literal, "--dry-run=server");
    assert.match(output, /Warning: literal_api_key/);
    assert.ok(!output.includes(key));
  });
});

describe("a second provider", () => {
  it("can't have the host of the first", async () => {
    await mesh.submit(provider);
    await pollUntil("the controller to know the provider", () => isRefused(sameHost));
    await assert.rejects(
      submit("create", sameHost),
      /duplicate_host: spec\.host: .*LLMProvider istio-system\/dashscope-qwen/,
    );
  });
});

describe("a provider that is in error", () => {
  it("is stored while no controller is there, as nothing waits for it", async () => {
    assert.equal(await controller.stop(), 0);
    await submit("apply", aboveLimit);
    controller = startController(mesh, { words: ["--webhook-listen", `0.0.0.0:${port}`] });
    const word = () =>
      read("{.status.status}", "llmprovider", "dashscope-qwen", "-n", "istio-system");
    await pollUntil("the status", async () => (await word()) === "Invalid");
    const other = aboveLimit.replace("name: dashscope-qwen", "name: third");
    await pollUntil("the webhook", () => isRefused(other));
  });

  it("can be labelled, and changed if it gets no worse", async () => {
    const words = ["llmprovider", "dashscope-qwen", "-n", "istio-system"];
    assert.match(await mesh.kubectl("label", ...words, "team=x"), /labeled/);
    const path = '{"spec":{"path":"/v2/chat/completions"}}';
    await mesh.kubectl("patch", ...words, "--type=merge", "-p", path);
    const worse =
      '{"spec":{"configs":{"defaultConfig":{"openAIConfig":{"parameters":{"limits":{"top_p":"x"}}}}}}}';
    await assert.rejects(mesh.kubectl("patch", ...words, "--type=merge", "-p", worse));
    await submit("apply", provider);
  });
});

describe("the certificate", () => {
  it("is trusted again within seconds if somebody edits the caBundle", async () => {
    const path = "/webhooks/0/clientConfig/caBundle";
    const patch = JSON.stringify([
      { op: "replace", path, value: encode(makeCertificate("other").cert) },
    ]);
    await mesh.kubectl("patch", ...configuration, "--type=json", "-p", patch);
    const begun = performance.now();
    await untilTrusted();
    assert.ok(performance.now() - begun < 3_000);
    assert.ok(await isRefused(aboveLimit));
  });

  it("is the same on two replicas", async () => {
    const address = ["--listen", "127.0.0.1:18081", "--webhook-listen", "127.0.0.1:9444"];
    const second = startController(mesh, { words: [...address, "--identity", "second"] });
    const isServed = () =>
      servedOn(9444).then(
        () => true,
        () => false,
      );
    await pollUntil("the second replica", isServed);
    assert.equal(await servedOn(9444), await servedOn(port));
    const before = await servedOn(port);
    await replaceSecret(-300);
    await pollUntil("both to change over", async () => {
      const [one, two] = [await servedOn(port), await servedOn(9444)];
      return one === two && one !== before && (await bundle()) === (await trusted());
    });
    assert.equal(await second.stop(), 0);
  });
});

describe("an old certificate", () => {
  it("is renewed before it expires, without a gap", async () => {
    await untilTrusted();
    const [{ cert: old }] = [await replaceSecret(-300)];
    const isRenewed = async () => {
      const text = Buffer.from(await trusted(), "base64").toString();
      return text.endsWith(old) && text !== old && (await bundle()) === (await trusted());
    };
    await pollUntil("another certificate", isRenewed);
    assert.ok(await isRefused(aboveLimit));
  });
});

describe("metrics", () => {
  it("count the reviews", async () => {
    const text = await (await controller.get("/metrics")).text();
    assert.match(text, /^llm_egress_controller_reviews_total\{outcome="refused"\} [1-9]/m);
    assert.match(text, /^llm_egress_controller_reviews_total\{outcome="allowed"\} [1-9]/m);
  });
});
