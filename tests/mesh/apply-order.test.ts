// Istio's authentication and authorization run before the filter. They check the client's own
// credential, and do not see the provider's key.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { echoedHeader, echoOf } from "../support/requests.ts";
import { type Authorizer, authorizerEntry, startAuthorizer } from "./authorizer.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { gatewayKeys } from "./rig/names.ts";
import { startTokenIssuer, type TokenIssuer } from "./token-issuer.ts";
import type { WorkloadAnswer } from "./workload.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const key = gatewayKeys.API_KEY;

before(async () => {
  await mesh.apply(gatewayRule, await mesh.render(dashscopeProvider, dashscopeRoute));
});
after(() => mesh.clear());

describe("RequestAuthentication", () => {
  let issuer: TokenIssuer;
  let policies: string;

  before(async () => {
    issuer = await startTokenIssuer(mesh.folder);
    const rules = `[{ from: [{ source: { requestPrincipals: ["${issuer.name}/alice"] } }] }]`;
    policies = [tokenRule(issuer), policy("ALLOW", rules)].join("---\n");
    await mesh.apply(policies);
  });
  after(async () => {
    await mesh.delete(policies);
    issuer.close();
  });

  it("allows the subject that the policy names, and the provider receives only its own key", async () => {
    assertServed(await ask({ authorization: `Bearer ${issuer.issue("alice")}` }));
  });

  it("denies another subject, and a request without a token", async () => {
    assertDenied(await ask({ authorization: `Bearer ${issuer.issue("mallory")}` }));
    assertDenied(await ask({}));
  });

  it("answers 401 to a token that another issuer has signed", async () => {
    const forged = issuer.issue("alice").replace(/\.[^.]*$/, `.${"A".repeat(342)}`);
    const answer = await ask({ authorization: `Bearer ${forged}` });
    assert.equal(answer.status, 401);
    assert.doesNotMatch(answer.body.toString(), /"headers"/);
  });
});

describe("an ALLOW policy", () => {
  const byPrincipal = "from: [{ source: { principals: [cluster.local/ns/default/sa/app] } }]";
  const byHeader = 'when: [{ key: "request.headers[x-team]", values: [search] }]';
  const allow = policy("ALLOW", `[{ ${byPrincipal}, ${byHeader} }]`);

  before(() => mesh.apply(allow));
  after(() => mesh.delete(allow));

  it("allows the workload that it names, with the header that it requires", async () => {
    assertServed(await ask({ "x-team": "search" }));
  });

  it("denies other workloads, and other values of the header", async () => {
    assertDenied(await mesh.as("sleep").chat(url, {}, { ...echo, "x-team": "search" }));
    assertDenied(await ask({ "x-team": "ads" }));
    assertDenied(await ask({}));
  });
});

describe("a CUSTOM policy", () => {
  const name = "provider: { name: mesh-test-authorizer }";
  const custom = policy("CUSTOM", "[{}]").replace("spec:\n", `spec:\n  ${name}\n`);
  let authorizer: Authorizer;

  before(async () => {
    authorizer = await startAuthorizer();
    await mesh.apply(authorizerEntry, custom);
  });
  after(async () => {
    await mesh.delete(authorizerEntry, custom);
    authorizer.close();
  });
  beforeEach(() => authorizer.checks.splice(0));
  afterEach(() => assert.ok(!authorizer.checks.join("\n").includes(key)));

  it("allows requests that its authorizer allows, and passes it the client's credential", async () => {
    assertServed(await ask({ "x-team": "search", authorization: "Bearer of-the-client" }));
    assert.equal(authorizer.checks.length, 1);
    assert.match(authorizer.checks[0] ?? "", /Bearer of-the-client/);
  });

  it("denies requests that its authorizer denies", async () => {
    const answer = await ask({ "x-team": "ads" });
    assert.equal(answer.status, 403);
    assert.equal(authorizer.checks.length, 1);
    assert.doesNotMatch(answer.body.toString(), /"headers"/);
  });
});

const echo = { "x-mock-echo": "1" };

function ask(headers: Record<string, string>): Promise<WorkloadAnswer> {
  return mesh.as("app").chat(url, {}, { ...echo, ...headers });
}

function assertServed(answer: WorkloadAnswer): void {
  assert.deepEqual(echoedHeader(echoOf(answer), "authorization"), [`Bearer ${key}`]);
}

function assertDenied(answer: WorkloadAnswer): void {
  assert.equal(answer.body.toString(), "RBAC: access denied");
  assert.equal(answer.status, 403);
}

function tokenRule({ name, jwksUri }: TokenIssuer): string {
  return `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: clients, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: egressgateway } }
  jwtRules: [{ issuer: "${name}", jwksUri: "${jwksUri}" }]
`;
}

function policy(action: string, rules: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: clients, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: egressgateway } }
  action: ${action}
  rules: ${rules}
`;
}
