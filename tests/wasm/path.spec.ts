import { EndpointBody } from "../../contract/endpoints";
import { Bytes, bytesOf } from "../../assembly/bytes/bytes";
import { Provider, ProviderPath, Settings } from "../../assembly/config/config";
import { Endpoint } from "../../assembly/config/endpoint";
import { queryNames } from "../../assembly/config/query";
import { EditPlan } from "../../assembly/edit/edit-plan";
import {
  allowedMethods,
  findEndpoint,
  upstreamPathEnd,
  upstreamPathStart,
  writeUpstreamPath,
} from "../../assembly/request/path";
import { pieceOf } from "./piece";

const COMPLETIONS = "/chat/completions";
const POST: u32 = 1;
const GET: u32 = 2;
const DELETE: u32 = 4;

const served: Endpoint[] = [
  new Endpoint(POST, EndpointBody.Completions, COMPLETIONS),
  new Endpoint(POST, EndpointBody.Completions, "/completions"),
  new Endpoint(POST, EndpointBody.Model, "/embeddings"),
  new Endpoint(POST, EndpointBody.Responses, "/responses"),
  new Endpoint(GET | DELETE, EndpointBody.None, "/responses/*"),
  new Endpoint(GET, EndpointBody.None, "/responses/*/input_items"),
  new Endpoint(POST, EndpointBody.Model, "/images/generations"),
  new Endpoint(GET, EndpointBody.List, "/models"),
  new Endpoint(GET, EndpointBody.None, "/models/**"),
  new Endpoint(POST, EndpointBody.Own, "/v1beta/models/*:generateContent"),
  new Endpoint(POST, EndpointBody.Own, "/api/**"),
];

function providerOf(path: string): Provider {
  const mark = path.indexOf("?");
  const plain = mark < 0 ? path : path.substring(0, mark);
  const query = mark < 0 ? new ArrayBuffer(0) : bytesOf(path.substring(mark + 1));
  let base: Bytes | null = null;
  if (plain.endsWith(COMPLETIONS)) base = bytesOf(plain.slice(0, -COMPLETIONS.length));
  const edits = new EditPlan([]);
  const paths = new ProviderPath(bytesOf(plain), base, query, queryNames(query));
  const provider = new Provider("p", paths, new Settings(edits, edits, edits, edits));
  provider.endpoints = served;
  return provider;
}

// The path of the endpoint of any method, for a provider at PLAIN; "" if there is none.
function endpointOf(path: string, method: u32 = POST | GET): string {
  const piece = pieceOf(path);
  const endpoint = findEndpoint(providerOf(PLAIN), method, piece.start, piece.end);
  return endpoint === null ? "" : String.UTF8.decode(endpoint.path);
}

// The upstream path for a client's path; "nowhere" if there is none.
function upstream(path: string, client: string): string {
  const piece = pieceOf(client);
  const provider = providerOf(path);
  const endpoint = findEndpoint(provider, POST | GET, piece.start, piece.end);
  if (endpoint === null) return "nowhere";
  writeUpstreamPath(provider.path, endpoint, piece.start, piece.end);
  return String.UTF8.decodeUnsafe(upstreamPathStart, upstreamPathEnd - upstreamPathStart);
}

const PLAIN = "/v1/chat/completions";
const AZURE = "/openai/deployments/d/chat/completions?api-version=2024-06-01&X%2dy=1";

describe("an endpoint", () => {
  it("is known by what comes after the base", () => {
    expect(endpointOf("/")).toBe(COMPLETIONS);
    expect(endpointOf("/?a=/models")).toBe(COMPLETIONS);
    expect(endpointOf("/v1/chat/completions")).toBe(COMPLETIONS);
    expect(endpointOf("/v1/chat/completions/")).toBe(COMPLETIONS);
    expect(endpointOf("/chat/completions?x=1")).toBe(COMPLETIONS);
    expect(endpointOf("/completions")).toBe("/completions");
    expect(endpointOf("/embeddings")).toBe("/embeddings");
    expect(endpointOf("/v1/responses")).toBe("/responses");
    expect(endpointOf("/v1/images/generations")).toBe("/images/generations");
    expect(endpointOf("/v1/models?limit=1")).toBe("/models");
    expect(endpointOf("/v1/models/gpt-4o")).toBe("/models/**");
    expect(endpointOf("/models/meta-llama/Llama-3")).toBe("/models/**");
    expect(endpointOf("/models/meta-llama%2FLlama-3")).toBe("/models/**");
    expect(endpointOf("/v1/responses/resp_1/input_items")).toBe("/responses/*/input_items");
    expect(endpointOf("/api/chat")).toBe("/api/**");
    expect(endpointOf("/api/blobs/sha256:29fd")).toBe("/api/**");
  });

  it("is unknown for any other path", () => {
    const beside =
      "/v1/chat/completions// /v1/chat/completions%20 /v1/chat/Completions /v1/chat/completion";
    const parts = "/v1/chatcompletions /completions2 /v1 // /embeddings; /files /x/completions";
    const others = "/v1/images/edits /images /responses/a/cancel /v1/chat%2Fcompletions /api /v1/";
    const paths = `${beside} ${parts} ${others} /v1/v1/models /a//b/../chat/completions`.split(" ");
    for (let i = 0; i < paths.length; i++) expect(endpointOf(paths[i])).toBe("", paths[i]);
    expect(endpointOf("")).toBe("");
    expect(endpointOf("?/models")).toBe("");
  });

  it("has the method, or says which it has", () => {
    expect(endpointOf("/v1/responses/r", DELETE)).toBe("/responses/*");
    expect(endpointOf("/v1/responses/r", POST)).toBe("");
    expect(allowedMethods).toBe(GET | DELETE);
    expect(endpointOf("/v1/chat/completions", 0)).toBe("");
    expect(allowedMethods).toBe(POST);
    expect(endpointOf("/v1/threads", POST)).toBe("");
    expect(allowedMethods).toBe(0);
  });

  it("can't be left through what a star stands for", () => {
    const segments =
      ". .. %2e %2e%2e .%2E a..b a%2fb a%2Fb a%5cb a\\b ..;x a;b a%3bb a%3Fb a%23b a%00b a%25b a%2 a%zz %0a";
    const all = segments.split(" ");
    for (let i = 0; i < all.length; i++) {
      expect(endpointOf("/v1/responses/" + all[i])).toBe("", all[i]);
    }
    expect(endpointOf("/v1/responses/")).toBe("/responses", "a trailing slash");
    expect(endpointOf("/v1/responses/a%20b~:@!$&'()*+,=_-.%7e")).toBe("/responses/*");
    const rests = "../x a/../x a/./x a//x /x a/%2e%2e/x a%2f..%2fx a/..;/x a\\..\\x a/b/..";
    const deep = rests.split(" ");
    for (let i = 0; i < deep.length; i++) expect(endpointOf("/api/" + deep[i])).toBe("", deep[i]);
  });

  it("may be called as the glob says only", () => {
    const own = "/v1beta/models/*:generateContent";
    expect(endpointOf("/v1beta/models/gemini-2.5-flash:generateContent")).toBe(own);
    const others =
      "g:generateContents g:x:generateContent g%3Ax:generateContent a/g:generateContent g";
    const all = others.split(" ");
    for (let i = 0; i < all.length; i++) {
      expect(endpointOf("/v1beta/models/" + all[i])).toBe("", all[i]);
    }
    expect(endpointOf("/models/gemini:generateContent", POST)).toBe("", "on a base");
  });

  it("takes few steps to compare, however long the path is", () => {
    expect(endpointOf("/v1beta/models/" + "a".repeat(1025) + ":generateContent")).toBe("");
  });
});

describe("the upstream path", () => {
  it("is the provider's own for chat completions", () => {
    expect(upstream(PLAIN, "/")).toBe(PLAIN);
    expect(upstream(PLAIN, "/any/prefix/chat/completions")).toBe("nowhere");
    expect(upstream("/generate", "/v1/chat/completions")).toBe("/generate");
    expect(upstream(AZURE, "/")).toBe(AZURE);
  });

  it("is placed on the provider's base for the other endpoints", () => {
    expect(upstream(PLAIN, "/fim/completions")).toBe("nowhere");
    expect(upstream(PLAIN, "/completions")).toBe("/v1/completions");
    expect(upstream(PLAIN, "/embeddings")).toBe("/v1/embeddings");
    expect(upstream(PLAIN, "/../../responses")).toBe("nowhere");
    expect(upstream("/api/v1/chat/completions", "/v1/models/a/b")).toBe("/api/v1/models/a/b");
    expect(upstream(PLAIN, "/responses/r/input_items?limit=1")).toBe(
      "/v1/responses/r/input_items?limit=1",
    );
    expect(upstream(PLAIN, "/v1/images/generations")).toBe("/v1/images/generations");
    expect(upstream("/chat/completions", "/v1/models")).toBe("/models");
    const query = "?api-version=2024-06-01&X%2dy=1";
    expect(upstream(AZURE, "/v1/models")).toBe("/openai/deployments/d/models" + query);
  });

  it("is the client's own for a path of the resource's", () => {
    expect(upstream("/v1/chat/completions?api-version=1", "/api/chat/?key=k&a=1")).toBe(
      "/api/chat/?api-version=1&a=1",
    );
    expect(upstream("/generate", "/api/chat")).toBe("/api/chat");
  });

  it("does not exist for the other endpoints of a provider without a base", () => {
    expect(upstream("/generate", "/v1/embeddings")).toBe("nowhere");
    expect(upstream("/generate?a=/chat/completions", "/v1/models")).toBe("nowhere");
  });

  it("keeps the client's query as it came, in its order", () => {
    expect(upstream(PLAIN, "/?b=2&a=%20+x&b=%E4%BD")).toBe(PLAIN + "?b=2&a=%20+x&b=%E4%BD");
    expect(upstream(PLAIN, "/embeddings?c")).toBe("/v1/embeddings?c");
    expect(upstream(PLAIN, "/?a==&&=b&")).toBe(PLAIN + "?a==&=b");
    expect(upstream(PLAIN, "/?a?b")).toBe(PLAIN + "?a?b");
    expect(upstream(PLAIN, "/?")).toBe(PLAIN);
    expect(upstream(PLAIN, "/?&")).toBe(PLAIN);
  });

  it("may be of any length", () => {
    for (let size = 900; size < 20_000; size += 4700) {
      const query = "?a=" + "x".repeat(size);
      expect(upstream(PLAIN, "/embeddings" + query)).toBe("/v1/embeddings" + query);
    }
    expect(upstream(PLAIN, "/models")).toBe("/v1/models");
  });

  it("has the provider's query first, and its names only from there", () => {
    expect(upstream(AZURE, "/?a=1&b=2")).toBe(AZURE + "&a=1&b=2");
    const spellings = [
      "api-version",
      "API-Version",
      "api%2Dversion",
      "%61pi-version",
      "x-y",
      "X%2DY",
    ];
    for (let i = 0; i < spellings.length; i++) {
      const name = spellings[i];
      expect(upstream(AZURE, `/?${name}=2020&a=1&${name}`)).toBe(AZURE + "&a=1", name);
    }
    expect(upstream(AZURE, "/?api-version2=1")).toBe(AZURE + "&api-version2=1");
  });

  it("drops the client's credentials in any case and encoding", () => {
    const spellings =
      "key KEY k%65y %6B%65%79 api_key Api_Key api%5fkey api-key API-KEY api%2dkey access_token Access%5FToken".split(
        " ",
      );
    for (let i = 0; i < spellings.length; i++) {
      const name = spellings[i];
      expect(upstream(PLAIN, `/?${name}=secret`)).toBe(PLAIN, name);
      expect(upstream(PLAIN, `/models?a=1&${name}=secret&b=2`)).toBe("/v1/models?a=1&b=2", name);
      expect(upstream(PLAIN, `/?${name}`)).toBe(PLAIN, name);
    }
    expect(upstream(PLAIN, "/?a=1;b=2")).toBe(PLAIN + "?a=1;b=2");
    expect(upstream(PLAIN, "/?a=1;key=secret&b=2")).toBe(PLAIN + "?b=2");
    expect(upstream(PLAIN, "/?a;K%65y;b")).toBe(PLAIN);
    expect(upstream(PLAIN, "/?keys=1&apikey=2&token=3&key[]=4")).toBe(PLAIN + "?keys=1");
  });
});
