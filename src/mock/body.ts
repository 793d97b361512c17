// Reads request bodies: whole, up to a bound, or only their digest, which keeps one chunk in memory
// at a time.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The largest body that the mock keeps in memory. `x-mock-echo: digest` has no bound. */
export const maxBodyBytes = 64 * 1024 * 1024;

export interface ReadBody {
  bytes: number;
  sha256: string;
  /** Absent if only a digest was requested, or if the body is larger than `maxBodyBytes`. */
  content?: Buffer;
}

/** Reads the body to its end. Rejects if the client disconnects first. */
export async function readBody(request: IncomingMessage, keep: "content" | "digest") {
  const hash = createHash("sha256");
  let kept: Buffer[] | undefined = keep === "content" ? [] : undefined;
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    hash.update(chunk);
    if (bytes > maxBodyBytes) kept = undefined;
    kept?.push(chunk);
  }
  const body: ReadBody = { bytes, sha256: hash.digest("hex") };
  if (kept !== undefined) body.content = Buffer.concat(kept);
  return body;
}
