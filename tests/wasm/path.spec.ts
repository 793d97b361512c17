import { Bytes, bytesOf } from "../../assembly/bytes/bytes";
import { ProviderPath } from "../../assembly/config/config";
import { queryNames } from "../../assembly/config/query";
import {
  Endpoint,
  findEndpoint,
  upstreamPathEnd,
  upstreamPathStart,
  writeUpstreamPath,
} from "../../assembly/request/path";
import { pieceOf } from "./piece";

const COMPLETIONS = "/chat/completions";

function providerPath(path: string): ProviderPath {
  const mark = path.indexOf("?");
  const plain = mark < 0 ? path : path.substring(0, mark);
  const query = mark < 0 ? new ArrayBuffer(0) : bytesOf(path.substring(mark + 1));
  let base: Bytes | null = null;
  if (plain.endsWith(COMPLETIONS)) base = bytesOf(plain.slice(0, -COMPLETIONS.length));
  return new ProviderPath(bytesOf(plain), base, query, queryNames(query));
}

function endpointOf(path: string): Endpoint {
  const piece = pieceOf(path);
  return findEndpoint(piece.start, piece.end);
}

// The upstream path for a client's path; "unknown" or "nowhere" if there is none.
function upstream(provider: string, path: string): string {
  const piece = pieceOf(path);
  const endpoint = findEndpoint(piece.start, piece.end);
  if (endpoint == Endpoint.Unknown) return "unknown";
  if (!writeUpstreamPath(providerPath(provider), endpoint, piece.start, piece.end))
    return "nowhere";
  return String.UTF8.decodeUnsafe(upstreamPathStart, upstreamPathEnd - upstreamPathStart);
}

const PLAIN = "/v1/chat/completions";
const AZURE = "/openai/deployments/d/chat/completions?api-version=2024-06-01&X%2dy=1";

describe("an endpoint", () => {
  it("is known by the end of the path", () => {
    expect(endpointOf("/")).toBe(Endpoint.ChatCompletions);
    expect(endpointOf("/?a=/models")).toBe(Endpoint.ChatCompletions);
    expect(endpointOf("/v1/chat/completions")).toBe(Endpoint.ChatCompletions);
    expect(endpointOf("/chat/completions?x=1")).toBe(Endpoint.ChatCompletions);
    expect(endpointOf("/a//b/../chat/completions")).toBe(Endpoint.ChatCompletions);
    expect(endpointOf("/completions")).toBe(Endpoint.Completions);
    expect(endpointOf("/x/completions")).toBe(Endpoint.Completions);
    expect(endpointOf("/v1/xchat/completions")).toBe(Endpoint.Completions);
    expect(endpointOf("/embeddings")).toBe(Endpoint.Embeddings);
    expect(endpointOf("/v1/responses")).toBe(Endpoint.Responses);
    expect(endpointOf("/v1/images/generations")).toBe(Endpoint.Images);
    expect(endpointOf("/v1/models?limit=1")).toBe(Endpoint.Models);
  });

  it("is unknown for any other path", () => {
    const beside =
      "/v1/chat/completions/ /v1/chat/completions%20 /v1/chat/Completions /v1/chat/completion";
    const parts = "/v1/chatcompletions /completions2 /v1 // /embeddings; /files /v1/models/gpt-4";
    const others = "/v1/images/edits /images /responses/resp_1 /v1/chat%2Fcompletions";
    const paths = `${beside} ${parts} ${others}`.split(" ");
    for (let i = 0; i < paths.length; i++) {
      expect(endpointOf(paths[i])).toBe(Endpoint.Unknown, paths[i]);
    }
    expect(endpointOf("")).toBe(Endpoint.Unknown);
    expect(endpointOf("?/models")).toBe(Endpoint.Unknown);
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
    expect(upstream(PLAIN, "/v1/images/generations")).toBe("/v1/images/generations");
    expect(upstream("/chat/completions", "/v1/models")).toBe("/models");
    const query = "?api-version=2024-06-01&X%2dy=1";
    expect(upstream(AZURE, "/v1/models")).toBe("/openai/deployments/d/models" + query);
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
