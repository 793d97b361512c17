// A gateway that asks for keys, as a script.
import { request } from "node:https";
import type { Certificate } from "./certificate.ts";

export interface KeyCall {
  address: string;
  port: number;
  /** None for a caller without a certificate. */
  certificate?: Certificate;
  version?: string;
  config?: string;
  headers?: Record<string, string>;
  path?: string;
  signal?: AbortSignal;
  /** The address that the call comes from. */
  localAddress?: string;
}

export interface KeyAnswer {
  status: number;
  version: string;
  keys: Record<string, string>;
}

/** Polls once. Rejects if the connection fails. */
export function askForKeys(call: KeyCall): Promise<KeyAnswer> {
  const { address, port, certificate, version = "", config = "", headers = {}, signal } = call;
  const query = new URLSearchParams({ version, config }).toString();
  const { path = `/v1/keys?${query}`, localAddress } = call;
  return new Promise((resolve, reject) => {
    const sent = request({
      ...{ host: address, port, path, headers, agent: false, rejectUnauthorized: false },
      ...(signal === undefined ? {} : { signal }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...certificate,
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", reject);
      response.on("end", () => {
        const { version = "", keys = {} } = JSON.parse(text || "{}") as Partial<KeyAnswer>;
        resolve({ status: response.statusCode ?? 0, version, keys });
      });
    });
    sent.end();
  });
}
