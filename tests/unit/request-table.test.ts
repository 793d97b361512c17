import assert from "node:assert/strict";
import { test } from "node:test";
import { accessLogFields } from "../../src/emit/envoy/access-log.ts";
import { type AccessRecord, RequestTable } from "../../src/cli/request-table.ts";
import { planOf, providerText } from "../support/compile-text.ts";

const plan = planOf(providerText("{apiKey: '${KEY}'}"));
const start = "2026-11-23T15:17:57.737Z";
const time = new Date(start).toTimeString().slice(0, 8);
const nothing = Object.fromEntries(Object.keys(accessLogFields).map((name) => [name, null]));
const answered: Partial<AccessRecord> = {
  start_time: start,
  route_name: "a-rule",
  upstream_cluster: "outbound|443||a.example",
  request_model: "qwen-max",
  response_code: 200,
  response_code_details: "via_upstream",
  request_prompt_tokens: "4",
  request_completion_tokens: "1200",
  duration: 310,
  llm_outcome: "ok",
};

function line(fields: Partial<AccessRecord>): string {
  return JSON.stringify({ ...nothing, ...answered, ...fields });
}

function rowOf(fields: Partial<AccessRecord>): string[] {
  const rows = new RequestTable(plan).toLines(line(fields));
  return rows.at(-1)!.split(/\s{2,}/);
}

test("a request is one line of its time, route, provider, model, status, tokens, first token and total", () => {
  const row = ["a-rule", "default/a", "qwen-max", "200", "4", "1200", "84ms", "310ms"];
  assert.deepEqual(rowOf({ llm_ttft_ms: "84" }), [time, ...row]);
});

test("what is unknown is a dash", () => {
  const unknown = {
    request_model: null,
    request_prompt_tokens: null,
    request_completion_tokens: null,
  };
  const row = ["a-rule", "default/a", "-", "200", "-", "-", "-", "310ms"];
  assert.deepEqual(rowOf(unknown), [time, ...row]);
  assert.equal(rowOf({ response_code: 0 })[4], "-");
});

test("a count of 0 is no dash", () => {
  assert.equal(rowOf({ request_completion_tokens: "0" })[6], "0");
});

test("headings stand above the first line alone, and every column keeps its place", () => {
  const table = new RequestTable(plan);
  const rows = [
    ...table.toLines(line({})),
    ...table.toLines(line({ llm_ttft_ms: "84", request_prompt_tokens: "31000" })),
  ];
  const [headings = "", ...others] = rows;
  assert.deepEqual(
    headings.split(/\s+/),
    "TIME ROUTE PROVIDER MODEL STATUS IN OUT FIRST TOTAL".split(" "),
  );
  assert.equal(others.length, 2);
  for (const row of others) {
    assert.equal(row.length, headings.length);
    assert.equal(row.indexOf("qwen-max"), headings.indexOf("MODEL"));
  }
});

test("a longer name moves the columns behind it from its own line on", () => {
  const table = new RequestTable(plan);
  const route = "a-rule-with-a-name-that-is-in-no-plan";
  table.toLines(line({ route_name: route }));
  const [row = ""] = table.toLines(line({}));
  assert.equal(row.indexOf("default/a"), "00:00:00  ".length + route.length + 2);
});

test("an outcome other than ok ends the line, with its reason where there is one", () => {
  const rejected = { llm_outcome: "rejected", response_code: 403 };
  const details = "llm_egress_model_not_allowed";
  const note = (fields: Partial<AccessRecord>) => rowOf(fields).slice(9);
  assert.deepEqual(note({ ...rejected, response_code_details: details }), [
    "rejected: model_not_allowed",
  ]);
  assert.deepEqual(note({ llm_outcome: "provider_error", response_code: 429 }), ["provider_error"]);
  assert.deepEqual(note({ llm_outcome: "ok" }), []);
});

test("a request that no provider's filter has seen has Envoy's route and reason", () => {
  const unseen = { upstream_cluster: null, llm_outcome: null, route_name: null };
  const row = rowOf({ ...unseen, response_code: 404, response_code_details: "route_not_found" });
  assert.deepEqual(row.slice(1, 3), ["-", "-"]);
  assert.deepEqual(row.slice(9), ["route_not_found"]);
});

test("a line that is no request is passed on as it is", () => {
  for (const other of ["Envoy says something", "{not JSON", '{"another":"object"}', ""]) {
    assert.deepEqual(new RequestTable(plan).toLines(other), [other]);
  }
});

test("a failure of Envoy's own has its cause", () => {
  const reset = "upstream_reset_before_response_started";
  const causes: [details: string, cause: RegExp][] = [
    ["no_healthy_upstream", /no address; check its name, DNS and network/],
    [
      `${reset}{remote_connection_failure|delayed_connect_error:_Connection_refused}`,
      /nothing listens/,
    ],
    [
      `${reset}{remote_connection_failure|TLS_error:|2:SSL_routines:CERTIFICATE_VERIFY_FAILED}`,
      /certificate/,
    ],
    [`${reset}{remote_connection_failure|TLS_error:|2:SSL_routines:WRONG_VERSION_NUMBER}`, /TLS/],
    [`${reset}{local_connection_failure|immediate_connect_error:_Network_is_unreachable}`, /route/],
    [`${reset}{connection_timeout}`, /does not accept connections/],
  ];
  for (const [details, cause] of causes) {
    const note = rowOf({
      response_code: 503,
      llm_outcome: "gateway_error",
      response_code_details: details,
    }).at(-1);
    assert.match(note ?? "", /^gateway_error: /);
    assert.match(note ?? "", cause);
  }
});
