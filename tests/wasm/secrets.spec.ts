import { resolveSecret } from "../../assembly/keys/secrets";

const ONE_FORM = "apiKey: must be a literal or ${NAME}, NAME of letters, digits and _";

// The environment is empty here. Tests with a host read keys from it.
function expectFault(apiKey: string, fault: string): void {
  const secret = resolveSecret(apiKey);
  expect(secret.key).toBe("", apiKey);
  expect(secret.fault).toBe(fault, apiKey);
}

describe("a literal key", () => {
  it("is taken as it is, with whitespace around it trimmed", () => {
    const keys = ["sk-1", " sk-1", "sk-1\n", "\r\n\t sk-1 \r\n"];
    for (let i = 0; i < keys.length; i++) {
      const secret = resolveSecret(keys[i]);
      expect(secret.key).toBe("sk-1");
      expect(secret.fault).toBe("");
    }
    expect(resolveSecret("a b~!$x}{").key).toBe("a b~!$x}{");
  });

  it("may not be empty", () => {
    expectFault("", "apiKey is missing or empty");
    expectFault(" \n", "apiKey is missing or empty");
  });

  it("may contain only printable ASCII", () => {
    const characters = [
      "\n",
      "\r",
      "\0",
      "\t",
      "\x1f",
      "\x7f",
      "\u0080",
      "\u00e9",
      "\u4f60",
      "\u2028",
    ];
    for (let i = 0; i < characters.length; i++) {
      const fault = "apiKey contains a character that is not printable ASCII";
      expectFault("sk" + characters[i] + "1", fault);
    }
  });
});

describe("a key from the environment", () => {
  it("is named by ${NAME} and nothing else", () => {
    const names = ["KEY", "a", "_", "A_1", "_9z"];
    for (let i = 0; i < names.length; i++) {
      const fault = `environment variable ${names[i]} is missing or empty`;
      expectFault("${" + names[i] + "}", fault);
      expectFault(" ${" + names[i] + "}\n", fault);
    }
  });

  it("is refused in every other form, and its text is in no message", () => {
    const forms = [
      "${",
      "${}",
      "${KEY",
      "x${KEY}",
      "${KEY}x",
      "${A}${B}",
      "${1A}",
      "${A B}",
      "${ A}",
    ];
    forms.push("${sk-1}");
    forms.push("$${KEY}");
    forms.push("sk${");
    forms.push("${K\u00c9Y}");
    for (let i = 0; i < forms.length; i++) expectFault(forms[i], ONE_FORM);
  });
});
