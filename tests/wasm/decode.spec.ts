import { Config, Provider } from "../../assembly/config/config";
import { decodeConfig } from "../../assembly/config/decode";
import { bytesOf } from "../../assembly/bytes/bytes";
import {
  Action,
  choose,
  EditPlan,
  MAX_WITHHELD_BYTES,
  Member,
} from "../../assembly/edit/edit-plan";
import { pieceOf } from "./piece";

// In every value of the configurations below: no fault may contain it.
const MARK = "mark";

const KEYED = '"authHeader":"authorization","authPrefix":"Bearer ","apiKey":"mark-key"';

function configText(settings: string): string {
  return (
    '{"version":1,"authorities":["Mark.Example"],"unservedClusters":["mark|un"],"endpoints":[["POST own /x"]],"providers":[{"name":"ns/p",' +
    `"clusters":["mark|c"],"endpoints":0,"path":"/mark/chat/completions?mark=1","settings":{${settings}},"routes":[]}]}`
  );
}

// The fault of the whole configuration, or else the providers' faults, one line each.
function faultOf(text: string): string {
  const piece = pieceOf(text);
  const decoded = decodeConfig(piece.start, piece.end);
  const config = decoded.config;
  const fault = config === null ? decoded.fault : config.faults.join("\n");
  expect(fault.includes(MARK)).toBe(false, fault);
  return fault;
}

function expectProviderFault(settings: string, fault: string): void {
  const path = "$.providers[0].settings";
  expect(faultOf(configText(settings))).toBe("ns/p answers 503: " + path + fault);
}

function expectMemberFault(member: string, fault: string): void {
  expectProviderFault(`${KEYED},"members":[{"name":"a"},${member}]`, ".members[1]" + fault);
}

function decode(text: string): Config {
  const piece = pieceOf(text);
  const config = decodeConfig(piece.start, piece.end).config;
  expect(config === null).toBe(false, faultOf(text));
  return config!;
}

function providerOf(config: Config): Provider {
  return config.clusters.get("mark|c").provider!;
}

function isRemoved(config: Config, header: string): bool {
  const name = pieceOf(header);
  return config.removedHeaders.has(name.start, name.end);
}

function text(bytes: ArrayBuffer | null): string {
  return bytes === null ? "none" : String.UTF8.decode(bytes);
}

function show(member: Member): string {
  const values = `${text(member.forced)} ${text(member.fallback)} ${text(member.limit)}`;
  return `${text(member.folded)} ${<i32>member.action} ${values} ${member.group} ${member.slotBytes}`;
}

function showPlan(plan: EditPlan): string {
  const lines: string[] = [];
  for (let i = 0; i < plan.members.length; i++) lines.push(show(plan.members[i]));
  return lines.join("\n");
}

describe("a configuration", () => {
  it("names hosts, clusters and headers", () => {
    const config = decode(configText(KEYED));
    expect(config.authorities.length).toBe(1);
    expect(String.UTF8.decode(config.authorities[0])).toBe("mark.example");
    expect(config.clusters.get("mark|un").provider === null).toBe(true);
    expect(config.clusters.size).toBe(2);
    expect(config.faults.length).toBe(0);
    expect(isRemoved(config, "authorization")).toBe(true);
    expect(isRemoved(config, "x_forwarded-for")).toBe(true);
    expect(isRemoved(config, "accept")).toBe(false);
  });

  it("says where a provider is and what it receives", () => {
    const provider = providerOf(decode(configText(KEYED + ',"maxRequestBytes":1000')));
    expect(provider.name).toBe("ns/p");
    expect(text(provider.path.chatCompletions)).toBe("/mark/chat/completions");
    expect(text(provider.path.base)).toBe("/mark");
    expect(text(provider.path.query)).toBe("mark=1");
    expect(text(provider.settings.authHeader)).toBe("authorization");
    expect(text(provider.settings.credential!.value)).toBe("Bearer mark-key");
    expect(provider.settings.maxRequestBytes).toBe(1000);
  });

  it("may say which route leads to a provider", () => {
    const text = configText(KEYED);
    expect(providerOf(decode(text)).route === null).toBe(true);
    const routed = text.replace('"routes":[]', '"route":"r-1","routes":[]');
    expect(providerOf(decode(routed)).route!.text).toBe("r-1");
    const wrong = text.replace('"routes":[]', '"route":["mark"],"routes":[]');
    expect(faultOf(wrong)).toBe("ns/p answers 503: $.providers[0].route: must be a string");
  });

  it("removes every provider's credential header, of whatever length", () => {
    const long = "x-" + "long-".repeat(20) + "key";
    const config = decode(configText(`"authHeader":"${long}"`));
    expect(isRemoved(config, long)).toBe(true);
    expect(isRemoved(config, long.slice(1))).toBe(false);
  });

  it("may give a provider no key", () => {
    const settings = providerOf(decode(configText('"authHeader":"X-Api-Key"'))).settings;
    expect(settings.credential === null).toBe(true);
    expect(text(settings.authHeader)).toBe("x-api-key");
    expect(settings.maxRequestBytes).toBe(U64.MAX_VALUE);
  });

  it("becomes an edit plan with a slot for the longest value of each member", () => {
    const members =
      '[{"name":"Model","override":"\\"qwen\\""},{"name":"max","limit":"99","default":"5","group":"g"},' +
      '{"name":"n","remove":true,"group":"g"},{"name":"k","default":"{}"},{"name":"z","remove":false}]';
    const plan = providerOf(decode(configText(`${KEYED},"members":${members}`))).settings
      .completions;
    expect(showPlan(plan)).toBe(
      `model ${<i32>Action.Blank} "qwen" none none 1 15\n` +
        `max ${<i32>Action.Judge} none 5 99 6 9\n` +
        `n ${<i32>Action.Blank} none none none 6 0\n` +
        `k ${<i32>Action.Keep} none {} none 8 7\n` +
        `z ${<i32>Action.Keep} none none none 16 0`,
    );
    expect(plan.blockBytes).toBe(31);
    expect(plan.longestKeyBytes).toBe(42);
  });

  it("becomes a plan whose model decides, with slots for each model's values", () => {
    const members = '[{"name":"a","default":"1"},{"name":"b"}]';
    const own = '[{"model":"O3*","members":[{"name":"A","override":"10"}]}]';
    const text = configText(`${KEYED},"members":${members},"modelMembers":${own}`);
    const plan = providerOf(decode(text)).settings.completions;
    expect(plan.members[0].action).toBe(Action.Withhold);
    expect(plan.members[1].action).toBe(Action.Keep);
    expect(plan.blockBytes).toBe(`,"a":`.length + MAX_WITHHELD_BYTES);
    const chosen = choose(plan.choices, bytesOf("o3-mini"));
    expect(chosen.members[0].action).toBe(Action.Blank);
    expect(chosen.blockBytes).toBe(plan.blockBytes);
    expect(choose(plan.choices, bytesOf("o4")).members[0].action).toBe(Action.Keep);
    expect(choose(plan.choices, null).members[0].action).toBe(Action.Keep);
    expect(chosen.choices.length).toBe(0);
  });

  it("judges the model on every endpoint, except on completions that override it", () => {
    const rules = '"models":{"allow":["q*"],"aliases":{"a\\"":"x\\"y"}}';
    const judged = providerOf(decode(configText(`${KEYED},${rules}`))).settings;
    expect(show(judged.completions.members[0])).toBe(show(judged.others.members[0]));
    expect(text(judged.others.members[0].models!.aliases[0].model)).toBe('"x\\"y"');
    expect(text(judged.others.members[0].models!.allow![0])).toBe("q*");
    const forced = `${KEYED},${rules},"members":[{"name":"model","override":"1"}]`;
    const settings = providerOf(decode(configText(forced))).settings;
    expect(settings.completions.members[0].models === null).toBe(true);
    expect(settings.others.members[0].models === null).toBe(false);
  });

  it("grows the body by a byte even if no member is managed", () => {
    const settings = providerOf(decode(configText(KEYED))).settings;
    expect(settings.completions.blockBytes).toBe(1);
    expect(settings.others.blockBytes).toBe(1);
  });
});

describe("a configuration that can't be read", () => {
  it("has a message with the place and the reason, and never a value", () => {
    expect(faultOf("mark")).toBe("byte 0: not a JSON object");
    expect(faultOf('{"version":1,"mark')).toBe("byte 17: not a JSON object");
    expect(faultOf("{}")).toBe("version: must be 1");
    expect(faultOf('{"version":2}')).toBe("version: must be 1");
    expect(faultOf('{"version":"1"}')).toBe("version: must be 1");
    expect(faultOf('{"version":1,"extra":"mark"}')).toBe("$: unknown member extra");
    expect(faultOf('{"version":1,"authorities":"mark"}')).toBe("$.authorities: must be a list");
    expect(faultOf('{"version":1,"authorities":["a",1]}')).toBe(
      "$.authorities[1]: must be a string",
    );
    expect(faultOf('{"version":1,"unservedClusters":[{"mark":1}]}')).toBe(
      "$.unservedClusters[0]: must be a string",
    );
    expect(faultOf('{"version":1,"providers":{"mark":1}}')).toBe("$.providers: must be a list");
    expect(faultOf('{"version":1,"providers":["mark"]}')).toBe("$.providers[0]: must be an object");
  });

  it("is one with a provider that has no name or no cluster", () => {
    const whole = configText(KEYED);
    expect(faultOf(whole.replace('"name":"ns/p",', ""))).toBe(
      "$.providers[0].name: must be a string that is not empty",
    );
    expect(faultOf(whole.replace('"clusters":["mark|c"],', ""))).toBe(
      "$.providers[0].clusters: must name at least one cluster",
    );
    expect(faultOf(whole.replace('["mark|c"]', '["mark|un"]'))).toBe(
      "$.providers[0].clusters[0]: also leads to another provider",
    );
    expect(faultOf(whole.replace('["mark|c"]', '["mark|c","mark|c"]'))).toBe(
      "$.providers[0].clusters[1]: also leads to another provider",
    );
  });
});

describe("a provider's fault", () => {
  it("names its place and never a value", () => {
    expectProviderFault(KEYED + ',"extra":"mark"', ": unknown member extra");
    expectProviderFault('"apiKey":"mark"', ".authHeader: must be a string that is not empty");
    expectProviderFault('"authHeader":":mark"', ".authHeader: is not a valid header name");
    expectProviderFault('"authHeader":"a b"', ".authHeader: is not a valid header name");
    expectProviderFault(KEYED.replace('"mark-key"', "1"), ".apiKey: must be a string");
    expectProviderFault(
      KEYED + ',"maxRequestBytes":"mark"',
      ".maxRequestBytes: must be a whole number",
    );
    expectProviderFault(
      KEYED + ',"maxRequestBytes":1.5',
      ".maxRequestBytes: must be a whole number",
    );
    expectProviderFault(KEYED + ',"members":"mark"', ".members: must be a list");
    expectProviderFault(KEYED + ',"modelMembers":"mark"', ".modelMembers: must be a list");
    const entry = '{"model":"mark","members":[{"name":"mark"}]}';
    expectProviderFault(
      `${KEYED},"modelMembers":[${entry}]`,
      ".modelMembers[0]: has a member that is not in members",
    );
    expectProviderFault(
      `${KEYED},"modelMembers":[${"{},".repeat(16)}{}]`,
      ".modelMembers: more than 16",
    );
    expectProviderFault(KEYED + ',"models":["mark"]', ".models: must be an object");
    expectProviderFault(
      KEYED + ',"models":{"mark":1}'.replace("mark", "x"),
      ".models: unknown member x",
    );
    expectProviderFault(KEYED + ',"models":{"allow":[1]}', ".models.allow[0]: must be a string");
    expectProviderFault(
      KEYED + ',"models":{"aliases":["mark"]}',
      ".models.aliases: must be an object",
    );
    expectProviderFault(
      KEYED + ',"models":{"aliases":{"a":""}}',
      ".models.aliases.a: must be a string that is not empty",
    );
  });

  it("may be one member's", () => {
    const badName = ".name: must be 1 to 64 of letters, digits, underscore and hyphen";
    expectMemberFault('{"name":"mark mark"}', badName);
    expectMemberFault('{"name":"mark.mark"}', badName);
    expectMemberFault('{"name":"m\u00e4rk"}', badName);
    expectMemberFault('{"name":"ma\\"rk"}', badName);
    expectMemberFault(`{"name":"${"m".repeat(65)}"}`, badName);
    expectMemberFault("{}", ".name: must be a string that is not empty");
    expectMemberFault('"mark"', ": must be an object");
    expectMemberFault('{"name":"b","value":"mark"}', ": unknown member value");
    expectMemberFault('{"name":"b","override":1}', ".override: must be a string");
    expectMemberFault('{"name":"b","limit":"\\"mark\\""}', ".limit: must be a number");
    expectMemberFault('{"name":"b","remove":"mark"}', ".remove: must be true or false");
    expectMemberFault('{"name":"b","nonNegative":1}', ".nonNegative: must be true or false");
    expectMemberFault('{"name":"A"}', ": is listed twice");
    expectMemberFault('{"name":"_a-"}', ": is listed twice");
    expectMemberFault('{"name":"_-"}', ".name: must contain a letter or a digit");
    const one = ": must be the JSON text of one value";
    expectMemberFault('{"name":"b","override":"mark"}', ".override" + one);
    expectMemberFault('{"name":"b","default":"1,\\"mark\\":2"}', ".default" + one);
    expectMemberFault('{"name":"b","limit":""}', ".limit" + one);
    expectMemberFault('{"name":"b","override":"1}"}', ".override" + one);
  });

  it("may be too many members", () => {
    const members: string[] = [];
    // The model is the 64th member.
    for (let i = 0; i < 63; i++) members.push(`{"name":"m${i}"}`);
    expect(faultOf(configText(`${KEYED},"members":[${members.join()}]`))).toBe("");
    members.push('{"name":"m64"}');
    expectProviderFault(`${KEYED},"members":[${members.join()}]`, ".members: more than 64");
  });

  it("may be its path's", () => {
    const whole = configText(KEYED);
    const path = '"/mark/chat/completions?mark=1"';
    const fault = "ns/p answers 503: $.providers[0].path: ";
    expect(faultOf(whole.replace(path, '"mark"'))).toBe(fault + "must begin with a slash");
    const character = "has a character that no path can have";
    expect(faultOf(whole.replace(path, '"/mark mark"'))).toBe(fault + character);
    expect(faultOf(whole.replace(path, '"/mark#"'))).toBe(fault + character);
    expect(faultOf(whole.replace(path, '"/mark\\r\\nx: y"'))).toBe(fault + character);
    expect(faultOf(whole.replace(path, '"/m\u00e4rk"'))).toBe(fault + character);
    expect(faultOf(whole.replace(path, "1"))).toBe(fault + "must be a string");
  });

  it("may be one route's settings'", () => {
    const whole = configText(KEYED);
    const routes = '"routes":[{"name":"r","settings":{"authHeader":"a","extra":"mark"}}]';
    expect(faultOf(whole.replace('"routes":[]', routes))).toBe(
      "ns/p answers 503: ns/p.routes[0].settings: unknown member extra",
    );
    const keyless = '"routes":[{"name":"r","settings":{"authHeader":"a","apiKey":"mark\\nmark"}}]';
    expect(faultOf(whole.replace('"routes":[]', keyless))).toBe(
      "ns/p on route r answers 503: apiKey contains a character that is not printable ASCII",
    );
  });
});
