// A poll that reaches a replica which does not lead → the leader, which then knows of all polls, and so
// what all workers of all gateways acknowledge. If the leader does not answer, the replica does.
// Nothing is kept between calls.
import type { ServerResponse } from "node:http";
import { request } from "node:https";
import { pipeline } from "node:stream";
import type { Identity } from "./mesh-identity.ts";
import { forwardedHeader, keysPath, type Poll, writeForwarded } from "./poll.ts";

/** Answers a poll by the leader's answer, if there is one. */
export type Forward = (poll: Poll, response: ServerResponse) => Promise<"answered" | "not">;

export interface ForwardOptions {
  /** `HOST:PORT` of the leader. Undefined if this replica leads, or it is not known who does. */
  leader: () => string | undefined;
  identity: () => Identity | undefined;
  /** The leader's identity, which is this replica's as well. */
  spiffeId: string;
  /** Aborts when there is another leader. */
  signal: () => AbortSignal;
}

// More than a poll takes.
const timeoutMs = 28_000;
const connectMs = 1_000;

/** Forwards polls to the leader. */
export function forwardTo({ leader, identity, spiffeId, signal }: ForwardOptions): Forward {
  return (poll, response) => {
    const [address, own] = [leader(), identity()];
    if (address === undefined || own === undefined) return Promise.resolve("not");
    const { version, config } = poll;
    const query = new URLSearchParams({ version, config }).toString();
    return new Promise((resolve) => {
      const sent = request(`https://${address}${keysPath}?${query}`, {
        ...own,
        agent: false,
        signal: signal(),
        headers: { [forwardedHeader]: writeForwarded(poll) },
        checkServerIdentity: (_, { subjectaltname }) =>
          subjectaltname === `URI:${spiffeId}` ? undefined : new Error("not the controller"),
      });
      const timer = setTimeout(() => sent.destroy(), timeoutMs);
      const late = setTimeout(() => sent.destroy(), connectMs);
      const give = (result: "answered" | "not"): void => {
        clearTimeout(timer);
        clearTimeout(late);
        resolve(result);
      };
      response.on("close", () => sent.destroy());
      sent.on("socket", (socket) => socket.once("secureConnect", () => clearTimeout(late)));
      sent.on("error", () => give("not"));
      sent.on("close", () => give("not"));
      sent.on("response", (answer) => {
        const status = answer.statusCode ?? 0;
        // Whatever the leader can't say, this replica may be able to.
        if (status !== 200 && status !== 304) return void sent.destroy();
        const type = answer.headers["content-type"];
        response.writeHead(status, type === undefined ? {} : { "content-type": type });
        pipeline(answer, response, () => {});
        give("answered");
      });
      sent.end();
    });
  };
}
