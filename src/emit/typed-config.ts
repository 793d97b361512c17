/** One of Envoy's extensions with its configuration. */
export interface Extension {
  name: string;
  typed_config: TypedConfig;
}

/** A protobuf message in an Any: `@type` and the message's fields. */
export interface TypedConfig {
  "@type": string;
  [field: string]: unknown;
}

/** An Any that holds a message of the type `message`, a full name. */
export function typedConfig(message: string, fields: Record<string, unknown> = {}): TypedConfig {
  return { "@type": `type.googleapis.com/${message}`, ...fields };
}

/** Envoy's form of an IP address and port. */
export function socketAddress({ host, port }: { host: string; port: number }): object {
  return { socket_address: { address: host, port_value: port } };
}
