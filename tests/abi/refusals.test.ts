// Every local response of the filter: the status, the details, the error object and the headers.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filterErrors } from "../../contract/errors.ts";
import { configOf, hostOf, type RequestParts, send } from "../support/filter-host.ts";
import { keyedHost, keysAnswer } from "../support/keyed-host.ts";
import { WasmHost, type WasmStream } from "../support/wasm-host.ts";

const host = hostOf(
  {
    members: [{ name: "max_tokens", limit: "100" }, { name: "stop" }],
    modelMembers: [{ model: "o3", members: [{ name: "stop", remove: true }] }],
    models: { allow: ["qwen-*"] },
    maxRequestBytes: 2000,
  },
  { path: "/v1/chat/completions" },
);

interface Refusal {
  status: number;
  code: string;
  message: string;
  param?: string;
  allow?: string;
}

function assertLocalResponse(stream: WasmStream, expected: Refusal): void {
  const { status, code, message, param = null, allow } = expected;
  assert.equal(stream.localResponses.length, 1);
  const [answer] = stream.localResponses;
  assert.equal(answer!.status, status);
  assert.equal(answer!.details, `llm_egress_${code}`);
  assert.deepEqual(answer!.headers, [
    ["content-type", "application/json"],
    ...(allow === undefined ? [] : [["allow", allow]]),
  ]);
  const type = status < 500 ? "invalid_request_error" : "server_error";
  assert.deepEqual(JSON.parse(answer!.body), { error: { message, type, param, code } });
}

const jsonMessage = "The request body is not a valid JSON object.";
const bodyMessage = "The request has no body; a JSON object is required.";
const parameterMessage = "This parameter has a value that is not accepted.";
const methodMessage = "This method is not allowed at this endpoint.";
const deep = `{"a":${"[".repeat(512)}`;

const invalidJson = { status: 400, code: "invalid_json", message: jsonMessage };
const missingBody = { status: 400, code: "missing_body", message: bodyMessage };
const invalidParameter = { status: 400, code: "invalid_parameter", message: parameterMessage };
const unknownEndpoint = {
  status: 404,
  code: "unknown_endpoint",
  message: "There is no such endpoint.",
};
const methodNotAllowed = { status: 405, code: "method_not_allowed", message: methodMessage };
const upgradeNotSupported = {
  status: 426,
  code: "upgrade_not_supported",
  message: "Upgrades are not supported: use HTTP requests.",
};
const tooLarge = {
  status: 413,
  code: "request_too_large",
  message: "The request body is too large.",
};
const compressed = {
  status: 415,
  code: "unsupported_content_encoding",
  message: "A compressed request body is not accepted.",
};
const misdirected = {
  status: 421,
  code: "misdirected_request",
  message: "This host is not served here under that name.",
};
const notAllowed = {
  status: 403,
  code: "model_not_allowed",
  message: "This model is not available here.",
  param: "model",
};
const duplicate = {
  status: 400,
  code: "duplicate_member",
  message: "The request body has this member twice.",
  param: "max_tokens",
};
const tooLate = {
  status: 400,
  code: "model_too_late",
  message: "This parameter depends on the model: send it after model.",
  param: "stop",
};
const tooDeep = {
  status: 400,
  code: "json_too_deep",
  message: "The request body is nested too deeply.",
};

const cases: [name: string, parts: RequestParts, refusal: Refusal][] = [
  ["a body that is not JSON", { chunks: ["{]"] }, invalidJson],
  ["a body that is not an object", { chunks: ["[]"] }, invalidJson],
  ["a body that ends too early", { chunks: ['{"a":1'] }, invalidJson],
  ["a body that is nested too deeply", { chunks: [deep] }, tooDeep],
  ["a request that ends with its headers", { chunks: [] }, missingBody],
  ["an empty body", { chunks: [""] }, missingBody],
  ["an empty body in several chunks", { chunks: ["", ""] }, missingBody],
  ["a content-length of 0", { headers: { "content-length": "0" } }, missingBody],
  ["a judged member twice", { chunks: ['{"max_tokens":1,"max_tokens":1}'] }, duplicate],
  [
    "a limited member that is not a number",
    { chunks: ['{"max_tokens":"1"}'] },
    { ...invalidParameter, param: "max_tokens" },
  ],
  ["a long member before the model", { chunks: [`{"stop":"${"x".repeat(63)}"`] }, tooLate],
  ["a model that is not allowed", { chunks: ['{"model":"gpt"}'] }, notAllowed],
  ["an unknown endpoint", { headers: { ":path": "/v1/files" } }, unknownEndpoint],
  [
    "GET for an endpoint that has a body",
    { headers: { ":method": "GET" }, chunks: [] },
    { ...methodNotAllowed, allow: "POST" },
  ],
  [
    "POST for the models",
    { headers: { ":path": "/v1/models" } },
    { ...methodNotAllowed, allow: "GET" },
  ],
  ...["PUT", "HEAD", "OPTIONS", "TRACE", "CONNECT", "post", ""].map(
    (method): [string, RequestParts, Refusal] => [
      `the method ${method || '""'}`,
      { headers: { ":method": method } },
      { ...methodNotAllowed, allow: "POST" },
    ],
  ),
  [
    "an upgrade",
    { headers: { ":method": "GET", ":path": "/v1/responses", upgrade: "websocket" }, chunks: [] },
    upgradeNotSupported,
  ],
  [
    "GET with a body",
    { headers: { ":method": "GET", ":path": "/v1/models" }, chunks: ["{}"] },
    invalidParameter,
  ],
  ["a content-length above the limit", { headers: { "content-length": "2001" } }, tooLarge],
  ["a body above the limit", { chunks: ['{"a":"', "x".repeat(2000), '"}'] }, tooLarge],
  ["a compressed body", { headers: { "content-encoding": "gzip" } }, compressed],
  ["another host", { headers: { ":authority": "other.example.com" } }, misdirected],
];

describe("the filter refuses", () => {
  for (const [name, parts, refusal] of cases) {
    it(`${name} with ${refusal.status} ${refusal.code}`, () => {
      assertLocalResponse(send(host, parts), refusal);
    });
  }

  it("another host, and names those that it serves at debug only", () => {
    const config = { ...configOf({ apiKey: "key" }), authorities: ["a.example", "b.example"] };
    const two = new WasmHost({ config });
    send(two, { headers: { ":authority": "other.example" } });
    assert.deepEqual(two.logs, []);
    const heading = "llm-egress: 421: these hosts are served:";
    assert.deepEqual(two.debugLogs, [heading, "a.example", "b.example"]);
  });

  it("requests for a misconfigured or unserved provider with 503 provider_misconfigured", () => {
    const message = "This provider is not available: see the gateway's log.";
    const refusal = { status: 503, code: "provider_misconfigured", message };
    const config = { ...configOf(), unservedClusters: ["unserved"] };
    const keyless = new WasmHost({ config });
    assertLocalResponse(send(keyless), refusal);
    assertLocalResponse(send(keyless, { cluster: "unserved" }), refusal);
  });

  it("requests whose key the key server does not have with 503 key_unavailable", () => {
    const message = "The key of this provider is not available.";
    const keyless = keyedHost();
    keyless.answerCall(keysAnswer("1.a", {}));
    assertLocalResponse(send(keyless), { status: 503, code: "key_unavailable", message });
  });
});

describe("every error code of the filter", () => {
  it("is covered above", () => {
    const codes = filterErrors.map(({ code }) => code);
    const tried = cases.map(([, , { code }]) => code);
    // The last is covered in key-pool.test.ts.
    tried.push("provider_misconfigured", "key_unavailable", "keys_exhausted");
    assert.deepEqual(codes.sort(), [...new Set(tried)].sort());
  });
});

describe("the filter accepts", () => {
  it("a body of exactly the limit, and identity as its encoding", () => {
    const body = `{"a":"${"x".repeat(2000 - 8)}"}`;
    const headers = { "content-length": "2000", "content-encoding": "Identity" };
    assert.equal(send(host, { headers, chunks: [body] }).refusal, "");
  });
});
