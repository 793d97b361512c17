import { type Extension, typedConfig } from "./typed-config.ts";

// Neither paths nor credentials: a client may have put a key into the query.
const line = [
  "%START_TIME%",
  "%REQ(:METHOD)%",
  "%REQ(:AUTHORITY)%",
  "route=%ROUTE_NAME%",
  "cluster=%UPSTREAM_CLUSTER%",
  "%RESPONSE_CODE%",
  "%RESPONSE_CODE_DETAILS%",
  "%DURATION%ms",
  "in=%BYTES_RECEIVED%",
  "out=%BYTES_SENT%",
].join(" ");

/** One line of text per request, on Envoy's standard output. */
export function accessLog(): Extension {
  return {
    name: "envoy.access_loggers.stdout",
    typed_config: typedConfig("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", {
      log_format: { text_format_source: { inline_string: `${line}\n` } },
    }),
  };
}
