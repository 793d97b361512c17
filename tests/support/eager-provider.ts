// Providers that run a request as soon as its closing brace has arrived, and don't wait for the end
// of the body.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface EagerProvider {
  port: number;
  /** How many requests have run. */
  runs(): Promise<number>;
  close(): Promise<void>;
}

/** Parses the body again at each chunk, and answers with it once it is a JSON object. */
export async function startEager(): Promise<EagerProvider> {
  let runs = 0;
  const server = createServer((request, response) => {
    let body = "";
    let hasRun = false;
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
      if (hasRun || !isRunnable(body)) return;
      hasRun = true;
      runs++;
      response.setHeader("content-type", "application/json").end(body);
    });
    // Envoy resets the requests that the filter refuses.
    request.on("error", () => response.destroy());
    request.on("end", () => {
      if (!hasRun) response.writeHead(400).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    runs: () => Promise.resolve(runs),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Whether a reader that stops at the end of the first JSON value can read an object in `text`. */
export function isRunnable(text: string): boolean {
  for (let end = text.indexOf("}"); end >= 0; end = text.indexOf("}", end + 1)) {
    try {
      JSON.parse(text.slice(0, end + 1));
      return true;
    } catch {
      // This brace ends another object, or is in a string.
    }
  }
  return false;
}

/** The same in Go, with json.Decoder. `go` must be on PATH. */
export async function startEagerGo(): Promise<EagerProvider> {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-go-"));
  const program = join(folder, "decode");
  execFileSync("go", ["build", "-o", program, "tests/support/go/decode/main.go"]);
  const child = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  return {
    port,
    runs: async () => Number(await (await fetch(`http://127.0.0.1:${port}/`)).text()),
    close: async () => {
      child.kill();
      await once(child, "close");
      rmSync(folder, { recursive: true });
    },
  };
}
