import { Config, Settings } from "../../assembly/config/config";
import { decodeConfig } from "../../assembly/config/decode";
import { pieceOf } from "./piece";

const SERVER = '"keyServer":{"cluster":"keys"},"revision":"r1",';
const AT = "$.providers[0].settings";

function configText(settings: string, root: string = SERVER): string {
  return (
    `{"version":1,"authorities":[],"unservedClusters":[],"endpoints":[[]],${root}"providers":[{"name":"ns/p",` +
    `"clusters":["c"],"endpoints":0,"path":"/chat/completions","settings":{"authHeader":"a","authPrefix":"P ",${settings}},"routes":[]}]}`
  );
}

function faultOf(text: string): string {
  const piece = pieceOf(text);
  const decoded = decodeConfig(piece.start, piece.end);
  const config = decoded.config;
  return config === null ? decoded.fault : config.faults.join("\n");
}

function decode(text: string): Config {
  const piece = pieceOf(text);
  const config = decodeConfig(piece.start, piece.end).config;
  expect(config === null).toBe(false, faultOf(text));
  return config!;
}

function settingsOf(settings: string): Settings {
  return decode(configText(settings)).clusters.get("c").provider!.settings;
}

describe("the key server", () => {
  it("has a cluster, and the configuration a revision", () => {
    const config = decode(configText('"members":[]'));
    expect(config.keyCluster).toBe("keys");
    expect(config.revision).toBe("r1");
  });

  it("may be absent", () => {
    const config = decode(configText('"members":[]', ""));
    expect(config.keyCluster).toBe("");
    expect(config.revision).toBe("");
  });

  it("must be named fully, and the revision have plain characters only", () => {
    const members = '"members":[]';
    const named = "$.keyServer.cluster: must be a string that is not empty";
    expect(faultOf(configText(members, '"keyServer":{},'))).toBe(named);
    const unknown = "$.keyServer: unknown member host";
    expect(faultOf(configText(members, '"keyServer":{"host":"h"},'))).toBe(unknown);
    const other = "$.revision: has other characters than a-zA-Z0-9-_.";
    expect(faultOf(configText(members, SERVER.replace("r1", "a b")))).toBe(other);
    expect(faultOf(configText(members, SERVER.replace("r1", "")))).toBe(other);
  });
});

describe("settings", () => {
  it("name one key by reference, which is unknown at first", () => {
    const settings = settingsOf('"apiKeySecretRef":"openai/key"');
    expect(settings.keys.length).toBe(1);
    expect(settings.keys[0].reference).toBe("openai/key");
    expect(settings.credential === null).toBe(true);
    expect(settings.isUsable).toBe(false);
  });

  it("name several keys, in order", () => {
    const settings = settingsOf('"apiKeys":[{"apiKeySecretRef":"a/k"},{"apiKeySecretRef":"b/k"}]');
    expect(settings.keys.length).toBe(2);
    expect(settings.keys[0].reference).toBe("a/k");
    expect(settings.keys[1].reference).toBe("b/k");
  });

  it("name no key by reference without a key server", () => {
    const fault = "ns/p answers 503: apiKeySecretRef without keyServer";
    expect(faultOf(configText('"apiKeySecretRef":"a/k"', ""))).toBe(fault);
    expect(faultOf(configText('"apiKeys":[{"apiKeySecretRef":"a/k"}]', ""))).toBe(fault);
  });

  it("have lists of objects that name a key", () => {
    const fault = `ns/p answers 503: ${AT}.apiKeys`;
    expect(faultOf(configText('"apiKeys":[{"key":"k"}]'))).toBe(fault + "[0]: unknown member key");
    expect(faultOf(configText('"apiKeys":{}'))).toBe(fault + ": must be a list");
    expect(faultOf(configText('"apiKeys":["k"]'))).toBe(fault + "[0]: must be an object");
  });
});
