// The host's functions that the SDK does not declare.

/**
 * Kinds of buffer, as in the proxy-wasm ABI 0.2: 0 is the request's body. In Envoy (0, 0) prepends,
 * (0, size or more) replaces the whole.
 */
// @ts-ignore: decorator
@external("env", "proxy_set_buffer_bytes")
export declare function proxy_set_buffer_bytes(kind: u32, start: u32, length: u32, data: usize, size: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_sizes_get")
export declare function environ_sizes_get(count: usize, bytes: usize): u32;

/** Writes pointers to `NAME=value\0` to `pointers`, and those texts to `texts`. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_get")
export declare function environ_get(pointers: usize, texts: usize): u32;
