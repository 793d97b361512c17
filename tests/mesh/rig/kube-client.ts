// A client for the Kubernetes API, for use where starting kubectl would take too long.
import { request } from "node:https";
import { kubeApi } from "./names.ts";

export type KubeObject = Record<string, unknown>;

interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  body?: KubeObject;
  /** `application/json` by default. */
  contentType?: string;
}

/**
 * Makes one call as the cluster's administrator. Rejects unless the status of the response is 2xx.
 */
export function callKube<Result = unknown>({ method, path, body, ...rest }: Call): Promise<Result> {
  const headers = {
    authorization: `Bearer ${kubeApi.token}`,
    "content-type": rest.contentType ?? "application/json",
  };
  return new Promise((resolve, reject) => {
    // The API server's certificate is self-signed.
    const options = { host: "127.0.0.1", port: kubeApi.port, rejectUnauthorized: false };
    const sent = request({ ...options, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(read(text) as Result);
        else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Creates an object in a collection, e.g. `/api/v1/namespaces`. */
export function createObject(path: string, body: KubeObject): Promise<unknown> {
  return callKube({ method: "POST", path, body });
}

/** Creates or changes an object at its full path (server-side apply). */
export function applyObject(path: string, body: KubeObject): Promise<unknown> {
  const query = "?fieldManager=mesh-test&force=true";
  return callKube({
    method: "PATCH",
    path: path + query,
    body,
    contentType: "application/apply-patch+yaml",
  });
}

// `/readyz` returns plain text.
function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
