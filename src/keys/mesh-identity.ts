// The controller's own certificate of the mesh, as it has no sidecar that would have one. Comes in: the
// ServiceAccount's token, and the mesh's root certificates, from files that the kubelet renews; goes
// out: the certificate, renewed in time. Kept between calls: the certificate in use.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCertificateRequest } from "./certificate-request.ts";
import { createCertificate } from "./istiod.ts";

/** PEM texts. */
export interface Identity {
  /** The certificate, with those that lead to the root. */
  cert: string;
  key: string;
  /** What peers' certificates are verified with. */
  ca: string;
}

export interface MeshIdentityOptions {
  /** Such as `https://istiod.istio-system.svc:15012`. */
  istiod: string;
  /** Has the mesh's root certificates: from the ConfigMap `istio-ca-root-cert` of any namespace. */
  rootFile: string;
  /** Has a token of the ServiceAccount for the audience `istio-ca`. */
  tokenFile: string;
  /** `spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/NAME`. */
  spiffeId: string;
  /** There is a new certificate, or there are other roots. */
  onChange: (identity: Identity) => void;
  onTrouble: (error: Error) => void;
  ttlSeconds?: number;
  /** How long to wait after a failure at first, and the longest time. */
  firstDelayMs?: number;
  lastDelayMs?: number;
  /** How often to look whether the roots have changed. */
  rootPollMs?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export class MeshIdentity {
  readonly #options: Required<MeshIdentityOptions>;
  #identity: Identity | undefined;
  #expiresAt = 0;
  #renewsAt = 0;

  constructor(options: MeshIdentityOptions) {
    const times = { ttlSeconds: 24 * 3600, firstDelayMs: 500, lastDelayMs: 15_000 };
    this.#options = { ...times, rootPollMs: 10_000, now: Date.now, ...options };
  }

  /** When the certificate expires, in milliseconds since 1970. 0 if there is none. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  /** When the certificate is to be renewed, in milliseconds since 1970. 0 if there is none. */
  get renewsAt(): number {
    return this.#renewsAt;
  }

  /** Keeps the certificate valid until the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { firstDelayMs, lastDelayMs, rootPollMs, onTrouble, now } = this.#options;
    let delayMs = firstDelayMs;
    while (!signal.aborted) {
      let waitMs = rootPollMs;
      try {
        await this.#update();
        delayMs = firstDelayMs;
        waitMs = Math.min(rootPollMs, this.#renewsAt - now());
      } catch (error) {
        onTrouble(error as Error);
        waitMs = delayMs;
        delayMs = Math.min(delayMs * 2, lastDelayMs);
      }
      await sleep(Math.max(waitMs, 0), undefined, { signal }).catch(() => {});
    }
  }

  async #update(): Promise<void> {
    const ca = await readFile(this.#options.rootFile, "utf8");
    const isNew = this.#options.now() >= this.#renewsAt;
    const own = isNew || this.#identity === undefined ? await this.#request(ca) : this.#identity;
    if (!isNew && ca === this.#identity?.ca) return;
    this.#identity = { ...own, ca };
    this.#options.onChange(this.#identity);
  }

  async #request(root: string): Promise<Pick<Identity, "cert" | "key">> {
    const { istiod, tokenFile, spiffeId, ttlSeconds, now } = this.#options;
    const token = (await readFile(tokenFile, "utf8")).trim();
    const { request, key } = await makeCertificateRequest(spiffeId);
    const chain = await createCertificate({ istiod, root, token, request, ttlSeconds });
    const own = new X509Certificate(chain[0] ?? "");
    // istiod takes the identity from the token.
    if (own.subjectAltName !== `URI:${spiffeId}`) {
      throw new Error(`istiod has issued a certificate for ${own.subjectAltName}`);
    }
    const [from, until] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
    const begins = Math.max(from, now());
    // With jitter, so that replicas do not call at once; early enough for an istiod that is away.
    this.#renewsAt = begins + (until - begins) * (0.5 + Math.random() / 10);
    this.#expiresAt = until;
    return { cert: chain.slice(0, -1).join(""), key };
  }
}
