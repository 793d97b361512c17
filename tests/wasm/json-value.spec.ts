import {
  buildJson,
  findJsonFault,
  isJsonText,
  JsonValue,
  Kind,
  quoteJson,
} from "../../assembly/config/json-value";
import { pieceOf } from "./piece";

function build(text: string): JsonValue {
  const piece = pieceOf(text);
  expect(findJsonFault(piece.start, piece.end)).toBe(piece.end, text);
  return buildJson(piece.start, piece.end);
}

// How many bytes are before the fault; the whole length if there is none.
function faultAt(text: string): i32 {
  const piece = pieceOf(text);
  return <i32>(findJsonFault(piece.start, piece.end) - piece.start);
}

// A tree as JSON text again, with a letter before each value that is not a string.
function show(value: JsonValue): string {
  const parts: string[] = [];
  for (let i = 0; i < value.items.length; i++) {
    const key = value.kind == Kind.Object ? `${value.keys[i]}=` : "";
    parts.push(key + show(value.items[i]));
  }
  switch (value.kind) {
    case Kind.Object:
      return `{${parts.join()}}`;
    case Kind.Array:
      return `[${parts.join()}]`;
    case Kind.String:
      return `'${value.text}'`;
    default:
      return `${<i32>value.kind}${value.text}`;
  }
}

describe("a tree", () => {
  it("has every kind of value", () => {
    const text = ' {"a" : 1,"b":[ ],"c":{} ,"d":[true,false , null,"x",{"e":[[-0.5e+3]]}]} ';
    expect(show(build(text))).toBe("{a=21,b=[],c={},d=[1true,1false,0null,'x',{e=[[2-0.5e+3]]}]}");
    expect(show(build("{}"))).toBe("{}");
  });

  it("has keys and strings unescaped", () => {
    const text = '{"\\u0061\\"":"\\\\\\"\\n\\u4f60\\ud83d\\ude00","\u4f60":"\ud83d\ude00"}';
    expect(show(build(text))).toBe("{a\"='\\\"\n\u4f60\ud83d\ude00',\u4f60='\ud83d\ude00'}");
    expect(show(build('{"":"}]\\\\"}'))).toBe("{='}]\\'}");
  });

  it("returns the last of several members of one name, and null if there is none", () => {
    const tree = build('{"a":1,"b":2,"a":3}');
    expect(tree.get("a")!.text).toBe("3");
    expect(tree.get("c") === null).toBe(true);
    expect(tree.get("b")!.get("a") === null).toBe(true);
  });
});

describe("a fault in the text", () => {
  it("is found at the byte that is wrong", () => {
    expect(faultAt("x")).toBe(0);
    expect(faultAt("[]")).toBe(0);
    expect(faultAt("\ufeff{}")).toBe(0);
    expect(faultAt('{"a":1,}')).toBe(7);
    expect(faultAt('{"a":nulL}')).toBe(8);
    expect(faultAt('{"a":1}{')).toBe(7);
    expect(faultAt('{"a":"\n"}')).toBe(6);
  });

  it("is the last byte of a text that ends too early", () => {
    expect(faultAt('{"a":1')).toBe(5);
    expect(faultAt("{")).toBe(0);
  });
});

describe("a JSON text", () => {
  it("is one value", () => {
    const texts = ["1", " 1 ", "null", '"x"', '{"v":1,"w":[2]}', "[1,2]", "4096.0", '"\\u0022,"'];
    for (let i = 0; i < texts.length; i++) expect(isJsonText(texts[i])).toBe(true, texts[i]);
  });

  it("is not one that would add a member, end the object or break it", () => {
    const texts = ["", " ", "1,", '1,"x":2', '1},"x":{"y":2', "1}", "1}}", "qwen", "'x'", "1 2"];
    texts.push('"a" "b"');
    texts.push('"');
    texts.push("{");
    texts.push("NaN");
    texts.push("[".repeat(512) + "]".repeat(512));
    for (let i = 0; i < texts.length; i++) expect(isJsonText(texts[i])).toBe(false, texts[i]);
  });
});

describe("a quoted string", () => {
  it("has quotes, backslashes and control characters escaped, and nothing else", () => {
    expect(quoteJson("qwen-max")).toBe('"qwen-max"');
    expect(quoteJson('a"b\\c/')).toBe('"a\\"b\\\\c/"');
    expect(quoteJson("\0\t\n\x0f\x10\x1f\x7f")).toBe(
      '"\\u0000\\u0009\\u000a\\u000f\\u0010\\u001f\x7f"',
    );
    expect(quoteJson("\u4f60\ud83d\ude00")).toBe('"\u4f60\ud83d\ude00"');
  });
});
