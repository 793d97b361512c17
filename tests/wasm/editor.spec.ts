import { bytesOf } from "../../assembly/bytes/bytes";
import { Action, EditPlan, Member } from "../../assembly/edit/edit-plan";
import { Editor } from "../../assembly/edit/editor";
import { MAX_HELD_MEMBER_BYTES } from "../../assembly/edit/held-bytes";
import { Verdict } from "../../assembly/edit/judge";
import { MARGIN, Piece, textBetween } from "./piece";

// Removes `gone`, and holds `max` within 99: longest key 4 × 6 + 2 bytes, block `,"max":99`.
function planOf(): EditPlan {
  const gone = new Member(bytesOf("gone"), "gone");
  gone.action = Action.Blank;
  const limited = new Member(bytesOf("max"), "max");
  limited.action = Action.Judge;
  limited.limit = bytesOf("99");
  gone.fit();
  limited.fit();
  return new EditPlan([gone, limited]);
}

const plan = planOf();
let editor = new Editor(plan);

// As in the host, each chunk is in the place of the last one.
const piece = new Piece(new ArrayBuffer(0), 4096);

// What goes out for each chunk, with bars between; the number of the verdict for a chunk that is
// refused.
function feed(chunks: string[]): string {
  editor = new Editor(plan);
  const outs: string[] = [];
  for (let i = 0; i < chunks.length; i++) {
    piece.hold(String.UTF8.encode(chunks[i]));
    const wasComplete = editor.complete;
    const verdict = editor.feed(piece.start, piece.end);
    if (editor.complete && !wasComplete) editor.close();
    const hasKept = piece.isIntact(MAX_HELD_MEMBER_BYTES, plan.blockBytes);
    expect(hasKept).toBe(true, "no other memory is written to");
    outs.push(
      verdict == Verdict.Valid ? textBetween(editor.outStart, editor.outEnd) : `${verdict}`,
    );
    if (verdict != Verdict.Valid) break;
  }
  return outs.join("|");
}

describe("the editor's memory", () => {
  it("has room for what may be written around a piece", () => {
    expect(MARGIN >= MAX_HELD_MEMBER_BYTES).toBe(true);
  });
});

describe("a chunk", () => {
  it("goes out unchanged if nothing of it is managed and nothing is held", () => {
    expect(feed(['{"a":[1,2'])).toBe('{"a":[1,2');
    expect(editor.changed).toBe(false);
    expect(editor.complete).toBe(false);
  });

  it("goes out with the block before the closing brace", () => {
    expect(feed(['{"a":1} \n'])).toBe('{"a":1         } \n');
    expect(editor.changed).toBe(true);
    expect(editor.complete).toBe(true);
  });

  it("may be empty", () => {
    expect(feed(["", "{", "", "}", ""])).toBe("|{||         }|");
  });
});

describe("held bytes", () => {
  it("begin with the comma, until the key is known", () => {
    expect(feed(['{"a":1,', ' "b', '"', ":2}"])).toBe('{"a":1||, "b"|:2         }');
    const outs = feed(['{"a":1,"gone', '":[1,', '2],"b":3}']);
    expect(outs).toBe('{"a":1|           |  ,"b":3         }');
  });

  it("begin with the first key's quote, if no comma precedes it", () => {
    expect(feed(['{ "go', 'ne":0', ',"b":1}'])).toBe('{ |        | "b":1         }');
  });

  it("are a judged member whole, until its value ends", () => {
    expect(feed(['{"a":1,"max"', ":", " 10", "0 ", "}"])).toBe('{"a":1|||            |,"max":99}');
    expect(feed(['{"a":1,"max"', ":", " 9", "9 ", "}"])).toBe('{"a":1|||,"max": 99 |         }');
  });

  it("may come one byte at a time", () => {
    const text = '{"a":1 , "max" : 1e5 , "gone" : {"max":[]} , "b":2}';
    const expected = '{"a":1' + " ".repeat(37) + ', "b":2,"max":99}';
    expect(feed(text.split("")).replaceAll("|", "")).toBe(expected);
  });
});

describe("a key that is longer than every managed one", () => {
  it("is not held, and what follows it in the next chunk is not taken for a managed key", () => {
    const long = '"' + "x".repeat(40);
    expect(feed(['{"a":1', "," + long, 'gone":1}'])).toBe('{"a":1|,' + long + '|gone":1         }');
    expect(feed(["{", long, 'xgone":1,"b":2}'])).toBe("{|" + long + '|xgone":1,"b":2         }');
    expect(feed(["{", long, 'xmax":100}'])).toBe("{|" + long + '|xmax":100         }');
  });

  it("is held as long as it may still be managed", () => {
    const spelled = "\\u0067\\u004f\\u006e\\u0065";
    expect(feed(['{"' + spelled, '":1}'])).toBe("{|" + " ".repeat(28) + "         }");
    const longest = spelled + "x".repeat(11);
    expect(feed(['{"' + longest, '":1}'])).toBe('{|"' + longest + '":1         }');
    expect(feed(['{"' + longest + "x", '":1}'])).toBe('{"' + longest + 'x|":1         }');
  });
});

describe("whitespace of any length", () => {
  it("goes out before the held bytes, and the comma after it", () => {
    const space = " ".repeat(2000);
    expect(feed(['{"a":1,' + space, '"gone":1}'])).toBe(
      '{"a":1' + space + "|" + " ".repeat(9) + "         }",
    );
    expect(feed(['{"a":1,' + space, '"b":1}'])).toBe('{"a":1' + space + '|,"b":1         }');
  });

  it("goes out before a judged member's key, colon and value", () => {
    const space = " ".repeat(1000);
    const chunks = ['{"a":1,', space, '"max"', space, ":", space, "1", "2", space, "}"];
    const outs = feed(chunks);
    expect(outs.replaceAll("|", "").replaceAll(" ", "")).toBe('{"a":1,"max":12}');
    expect(outs.replaceAll("|", "").length).toBe(chunks.join("").length + plan.blockBytes);
    for (let i = 1; i < chunks.length; i++) {
      const inBytes = chunks.slice(0, i).join("").length;
      const outBytes = outs.split("|").slice(0, i).join("").length;
      expect(<usize>(inBytes - outBytes) <= MAX_HELD_MEMBER_BYTES).toBe(true, chunks[i]);
    }
  });
});

describe("a refused body", () => {
  it("names the member that is at fault", () => {
    expect(feed(['{"max":1,"MAX":1}'])).toBe(`${Verdict.DuplicateMember}`);
    expect(editor.culprit!.name).toBe("max");
    expect(feed(['{"max":"1"}'])).toBe(`${Verdict.InvalidParameter}`);
    expect(editor.culprit!.name).toBe("max");
    expect(feed(['{"max":1,}'])).toBe(`${Verdict.InvalidJson}`);
    expect(editor.culprit === null).toBe(true);
  });
});
