import { bytesOf } from "../../assembly/bytes/bytes";
import { isQueryName, QueryMembers, queryNames } from "../../assembly/config/query";
import { pieceOf, textBetween } from "./piece";

// The members with bars between, each name in brackets.
function walk(query: string): string {
  const piece = pieceOf(query);
  const members = new QueryMembers().open(piece.start, piece.end);
  const found: string[] = [];
  while (members.next()) {
    const name = textBetween(members.start, members.nameEnd);
    found.push(`[${name}]${textBetween(members.nameEnd, members.end)}`);
  }
  return found.join("|");
}

function names(query: string): string {
  const found = queryNames(bytesOf(query));
  const texts: string[] = [];
  for (let i = 0; i < found.length; i++) texts.push(String.UTF8.decode(found[i]));
  return texts.join("|");
}

function standsFor(name: string, encoded: string): bool {
  const piece = pieceOf(encoded);
  return isQueryName(bytesOf(name), piece.start, piece.end);
}

describe("a query's members", () => {
  it("are separated by ampersands, and empty ones are left out", () => {
    expect(walk("")).toBe("");
    expect(walk("&&")).toBe("");
    expect(walk("a=1")).toBe("[a]=1");
    expect(walk("&a=1&&b=2&")).toBe("[a]=1|[b]=2");
  });

  it("have a name up to the first equals sign", () => {
    expect(walk("a&b=&=c&d=e=f&g=?")).toBe("[a]|[b]=|[]=c|[d]=e=f|[g]=?");
  });
});

describe("names in a query", () => {
  it("are decoded and in lower case", () => {
    expect(names("Api-Version=1&api%5Fkey=2&%4B%65y&a+b=3")).toBe("api-version|api_key|key|a b");
  });

  it("keep a percent sign that encodes nothing", () => {
    expect(names("100%&%4&%zz=1&%4g&%")).toBe("100%|%4|%zz|%4g|%");
  });

  it("are decoded once", () => {
    expect(names("%256bey")).toBe("%6bey");
  });
});

describe("an encoded name", () => {
  it("matches its decoded form in any case", () => {
    const spellings = ["key", "KEY", "%6bey", "%4B%45%59", "k%65Y"];
    for (let i = 0; i < spellings.length; i++) {
      expect(standsFor("key", spellings[i])).toBe(true, spellings[i]);
    }
    expect(standsFor("key", "key%00")).toBe(true);
    expect(standsFor("key", "key%00x")).toBe(true);
    expect(standsFor("a b", "A+B")).toBe(true);
    expect(standsFor("a b", "a%20b")).toBe(true);
    expect(standsFor("", "")).toBe(true);
    expect(standsFor("key", "+%20key")).toBe(true);
  });

  it("matches nothing else", () => {
    const spellings = "ke keys key+ %6be k%65 ke%00y %00key %256bey k%6 key%".split(" ");
    spellings.push("");
    for (let i = 0; i < spellings.length; i++) {
      expect(standsFor("key", spellings[i])).toBe(false, spellings[i]);
    }
  });
});
