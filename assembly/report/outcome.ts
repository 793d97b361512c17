// How a call ended that the filter did not refuse. Comes in: the answer, and Envoy's response code
// details; goes out: an Outcome. Nothing is kept between calls.

import { Outcome } from "../../contract/telemetry";
import { bytesOf, contains, equals, startsWith } from "../bytes/bytes";
import { getProperty, resultEnd, resultStart } from "../host/host";
import { Answer } from "../response/answer";

// Envoy's response code details (its documentation: "Response code details").
const codeDetails = bytesOf("response\0code_details");
const VIA_UPSTREAM = bytesOf("via_upstream");
const UPSTREAM = bytesOf("upstream_");
const TIMEOUT = bytesOf("timeout");

/** Must be called while the stream's properties can be read. */
export function outcomeOf(answer: Answer): Outcome {
  if (answer.status == 0) return Outcome.ClientClosed;
  const usage = answer.usage;
  // Many clients leave at the last event, before the provider ends the stream.
  const isComplete = answer.isComplete || (usage !== null && usage.isDone);
  if (!isComplete) return outcomeOfRest();
  if (answer.status >= 400) return isProviders() ? Outcome.ProviderError : Outcome.GatewayError;
  return usage !== null && usage.hasFailed ? Outcome.ProviderError : Outcome.Ok;
}

function isProviders(): bool {
  return getProperty(codeDetails) && equals(VIA_UPSTREAM, resultStart, resultEnd);
}

// Of an answer that has begun and is not complete.
function outcomeOfRest(): Outcome {
  if (!getProperty(codeDetails)) return Outcome.ClientClosed;
  if (startsWith(UPSTREAM, resultStart, resultEnd)) return Outcome.ProviderClosed;
  return contains(TIMEOUT, resultStart, resultEnd) ? Outcome.GatewayError : Outcome.ClientClosed;
}
