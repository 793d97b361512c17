// Makes requests as a workload of the mesh does, through its own sidecar only.
import { execFile } from "node:child_process";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { promisify } from "node:util";
import { type WorkloadName, workloads } from "./rig/names.ts";
import { hostsFile } from "./rig/hosts.ts";
import { inPod } from "./rig/in-pod.ts";

export interface WorkloadAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The time from the request to the first byte of the body, and to the last. */
  firstByteMs: number;
  totalMs: number;
}

export interface WorkloadRequest {
  /** POST by default. */
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

// If an answer takes longer, the request fails.
const timeoutMs = 20_000;

export class Workload {
  readonly #hosts: string;
  readonly #address: string;
  readonly #agent = new Agent({ keepAlive: true });

  /** `folder` is that of the mesh. */
  constructor(folder: string, name: WorkloadName) {
    this.#hosts = hostsFile(folder, name);
    this.#address = workloads[name].address;
  }

  /**
   * Makes a request to an `http:` URL, whose host resolves to the sidecar. Rejects if the
   * connection fails. Connections are reused.
   */
  fetch(url: string, options: WorkloadRequest = {}): Promise<WorkloadAnswer> {
    const { method = "POST", headers = {}, body } = options;
    const { host, pathname, search } = new URL(url);
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request({
        ...{ host: this.#address, port: 80, agent: this.#agent, timeout: timeoutMs },
        ...{ method, path: pathname + search, headers: { host, ...headers } },
      });
      sent.on("error", reject);
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.on("response", (response) => {
        const chunks: Buffer[] = [];
        let firstByteMs = NaN;
        response.once("data", () => (firstByteMs = performance.now() - begun));
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answered = { status: response.statusCode ?? 0, headers: response.headers };
          const totalMs = performance.now() - begun;
          resolve({ ...answered, body: Buffer.concat(chunks), firstByteMs, totalMs });
        });
      });
      sent.end(body);
    });
  }

  /** POSTs a chat request as JSON, with additional members and headers. */
  chat(
    url: string,
    members: object = {},
    headers: Record<string, string> = {},
  ): Promise<WorkloadAnswer> {
    const body = JSON.stringify({ messages: [{ role: "user", content: "hello" }], ...members });
    return this.fetch(url, { headers: { "content-type": "application/json", ...headers }, body });
  }

  /** Runs curl with the workload's /etc/hosts, and returns its output. */
  async curl(words: string[]): Promise<string> {
    const [file = "", ...rest] = inPod({ hosts: this.#hosts }, ["curl", "-sS", ...words]);
    return (await promisify(execFile)(file, rest)).stdout;
  }
}
