// The certificate that all replicas share, in a Secret, and the `caBundle` by which the API server
// trusts it. Comes in: the Secret and the webhook's configuration; goes out: what they lack. Kept
// between calls: which certificate was handed out last.
import { type KubeClient, KubeError, type KubeObject } from "../../kube/client.ts";
import { Collection } from "../../kube/collection.ts";
import type { Log } from "../log.ts";
import { fieldManager } from "../writer.ts";
import { isFresh, isValid, type KeyPair, makeCertificate } from "./certificate.ts";

/** The names of the Secret, of the configuration, and of the webhook in it, as in the chart. */
export const names = {
  secret: "llm-egress-webhook",
  configuration: "llm-egress",
  webhook: "validate.llm-egress.istio.alibabacloud.com",
};

export interface CertificatesOptions {
  /** Of the Secret. */
  namespace: string;
  /** The DNS name by which the API server calls the webhook. */
  host: string;
  isLeader: () => boolean;
  log: Log;
  /** Serve with this from now on. */
  onPair: (pair: KeyPair) => Promise<void>;
  /** For tests. */
  now?: () => number;
  retryMs?: number;
}

interface Stored {
  pair: KeyPair;
  /** PEM: what the API server is to trust, as replicas don't change over at the same moment. */
  trusted: string;
}

interface Webhook {
  name: string;
  clientConfig: { caBundle?: string };
}

const configurationsPath = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const checkMs = 3_600_000;

export class Certificates {
  readonly #client: KubeClient;
  readonly #options: Required<CertificatesOptions>;
  readonly #secretsPath: string;
  readonly #secrets: Collection;
  readonly #configurations: Collection;
  #served = "";
  #isDue = false;
  #isBusy = false;
  #isStopped = false;
  #alarm: NodeJS.Timeout | undefined;

  constructor(client: KubeClient, options: CertificatesOptions) {
    this.#client = client;
    this.#options = { now: Date.now, retryMs: 5_000, ...options };
    this.#secretsPath = `/api/v1/namespaces/${options.namespace}/secrets`;
    this.#secrets = this.#follow(this.#secretsPath, names.secret);
    this.#configurations = this.#follow(configurationsPath, names.configuration);
  }

  /** Works until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => this.trigger(), checkMs);
    signal.addEventListener("abort", () => {
      this.#isStopped = true;
      clearInterval(timer);
      clearTimeout(this.#alarm);
    });
    await Promise.all([this.#secrets.run(signal), this.#configurations.run(signal)]);
  }

  /** Something may be due: time has passed, or this replica leads. */
  trigger(): void {
    this.#isDue = true;
    if (!this.#isBusy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    const { log, retryMs } = this.#options;
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      await this.#reconcile().catch((error: Error) => {
        log.warn("the webhook's certificate can't be kept", { error: error.message });
        clearTimeout(this.#alarm);
        if (!this.#isStopped) this.#alarm = setTimeout(() => this.trigger(), retryMs);
      });
    }
    this.#isBusy = false;
  }

  async #reconcile(): Promise<void> {
    if (!this.#secrets.isSynced) return;
    const { host, now, isLeader, onPair } = this.#options;
    const secret = this.#secrets.objects.get(`${this.#options.namespace}/${names.secret}`);
    const found = read(secret);
    const isGood = found !== undefined && isFresh(found.pair, host, now());
    const stored = isGood ? found : await this.#renew(secret, found);
    if (stored.pair.cert !== this.#served) {
      await onPair(stored.pair);
      this.#served = stored.pair.cert;
    }
    if (isLeader()) await this.#keepBundle(stored.trusted);
  }

  /** Any replica may do it: the API accepts the first one, and the others take that. */
  async #renew(secret: KubeObject | undefined, found: Stored | undefined): Promise<Stored> {
    const { host, log, now } = this.#options;
    const pair = makeCertificate(host, now());
    const former = found !== undefined && isValid(found.pair.cert, now()) ? found.pair.cert : "";
    const stored = { pair, trusted: pair.cert + former };
    try {
      this.#secrets.put(await this.#write(secret, stored));
      log.info("the webhook has a new certificate", { host });
      return stored;
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 409)) throw error;
      const path = `${this.#secretsPath}/${names.secret}`;
      const others = await this.#client.call({ path });
      this.#secrets.put(others);
      const theirs = read(others);
      if (theirs !== undefined && isFresh(theirs.pair, host, now())) return theirs;
      throw error;
    }
  }

  #write(secret: KubeObject | undefined, { pair, trusted }: Stored): Promise<KubeObject> {
    const text = { "tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": trusted };
    const data = Object.fromEntries(
      Object.entries(text).map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
    );
    const query = { fieldManager };
    if (secret !== undefined) {
      const path = `${this.#secretsPath}/${names.secret}`;
      return this.#client.call({ method: "PUT", path, query, body: { ...secret, data } });
    }
    const metadata = {
      name: names.secret,
      namespace: this.#options.namespace,
      labels: { "app.kubernetes.io/name": "llm-egress" },
    };
    const body = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", data };
    return this.#client.call({ method: "POST", path: this.#secretsPath, query, body });
  }

  async #keepBundle(trusted: string): Promise<void> {
    const configuration = this.#configurations.objects.get(`/${names.configuration}`);
    const caBundle = Buffer.from(trusted).toString("base64");
    const webhooks = (configuration?.["webhooks"] ?? []) as Webhook[];
    const isStale = ({ name, clientConfig }: Webhook): boolean =>
      name === names.webhook && clientConfig.caBundle !== caBundle;
    if (configuration === undefined || !webhooks.some(isStale)) return;
    const changed = webhooks.map((each) =>
      isStale(each) ? { ...each, clientConfig: { ...each.clientConfig, caBundle } } : each,
    );
    const written = await this.#client.call({
      method: "PUT",
      path: `${configurationsPath}/${names.configuration}`,
      query: { fieldManager },
      body: { ...configuration, webhooks: changed },
    });
    this.#configurations.put(written);
    this.#options.log.info("the API server trusts the webhook's certificate");
  }

  #follow(path: string, name: string): Collection {
    const { log } = this.#options;
    return new Collection(this.#client, {
      path,
      fieldSelector: `metadata.name=${name}`,
      onChange: () => this.trigger(),
      onTrouble: ({ message }) => log.warn("a watch failed", { path, error: message }),
    });
  }
}

/** What a Secret holds. Undefined if a part is missing. */
function read(secret: KubeObject | undefined): Stored | undefined {
  const data = (secret?.["data"] ?? {}) as Record<string, string>;
  const text = (name: string): string => Buffer.from(data[name] ?? "", "base64").toString();
  const pair = { cert: text("tls.crt"), key: text("tls.key") };
  const trusted = text("ca.crt");
  return pair.cert === "" || pair.key === "" || trusted === "" ? undefined : { pair, trusted };
}
