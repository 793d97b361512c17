// Writes an answer in the way that the request's directives ask for.
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { Directives } from "./directives.ts";

/**
 * Writes status, headers and pieces, as fast as the client reads them; returns early if the client
 * disconnects.
 */
export async function sendAnswer(response: ServerResponse, answer: Answer, how: Directives) {
  if (how.delayMs > 0) await sleep(how.delayMs);
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, ...how.headers });
  response.flushHeaders();
  if (how.abort === "after-headers") return abort(response);
  const pieces = how.chunkBytes === undefined ? answer.pieces : cut(answer.pieces, how.chunkBytes);
  const lastPiece = how.abort === "mid-body" ? Math.floor(pieces.length / 2) : pieces.length;
  for (const [index, piece] of pieces.slice(0, lastPiece).entries()) {
    if (how.pauseMs > 0 && index > 0) await sleep(how.pauseMs);
    if (response.destroyed) return;
    await write(response, piece);
  }
  if (how.abort === "mid-body") return abort(response);
  response.end();
}

// `destroy` may drop what the socket has not sent yet. The client must get everything that was
// written.
function abort(response: ServerResponse): void {
  response.socket?.destroySoon();
}

// Waits until the socket has taken the piece, so that a slow client slows the answer down, and
// pieces don't pile up.
function write(response: ServerResponse, piece: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.write(piece, () => {
      response.off("close", resolve);
      resolve();
    });
  });
}

function cut(pieces: Answer["pieces"], size: number): Buffer[] {
  const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
