import type { Gateways } from "../../src/controller/gateways.ts";

/** A key connection on which nobody acknowledges. */
export const noGateways: Gateways = {
  follow: () => {},
  laggingAt: () => undefined,
  remarkOn: () => undefined,
  countPolls: () => 0,
  expiresAt: 0,
  renewsAt: 0,
};
