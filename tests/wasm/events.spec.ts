import { Events, SseStep } from "../../assembly/sse/events";
import { Piece, textBetween } from "./piece";

// The stream's data, with `^` at the start of an event, `;` at its end, and `+` for the rest of
// that end.
function read(pieces: Piece[]): string {
  const events = new Events();
  let steps = "";
  for (let i = 0; i < pieces.length; i++) {
    const end = pieces[i].end;
    events.at = pieces[i].start;
    for (let step = events.next(end); step != SseStep.More; step = events.next(end)) {
      if (step == SseStep.Data) steps += textBetween(events.start, events.at);
      else if (step == SseStep.Error) steps += "!";
      else steps += step == SseStep.Begin ? "^" : step == SseStep.End ? ";" : "+";
    }
    if (events.at != end) expect(events.at).toBe(end, "the piece is read to its end");
  }
  return steps;
}

function expectSteps(text: string, expected: string): void {
  const bytes = String.UTF8.encode(text);
  expect(read([new Piece(bytes)])).toBe(expected, text);
  const singles = new Array<Piece>();
  for (let at = 0; at <= bytes.byteLength; at++) {
    const steps = read([new Piece(bytes.slice(0, at)), new Piece(bytes.slice(at))]);
    // If the text is split between CR and LF, the LF has a step of its own.
    if (steps.replaceAll("+", "") != expected) expect(steps).toBe(expected, `cut at ${at}`);
    singles.push(new Piece(bytes.slice(at, at + 1)));
  }
  expect(read(singles).replaceAll("+", "")).toBe(expected, "in single bytes");
}

describe("an event", () => {
  it("ends at a blank line, whichever way lines end", () => {
    expectSteps("data: a\n\ndata: b\n\n", "^a;^b;");
    expectSteps("data: a\r\rdata: b\r\r", "^a;^b;");
    expectSteps("data: a\r\n\r\ndata: b\r\n\r\n", "^a;^b;");
    expectSteps("data: a\n\r\ndata: b\r\n\n", "^a;^b;");
    expectSteps("\n\r\r\n", ";;;");
  });

  it("begins after comments", () => {
    expectSteps(": a\n\n: b\r\n: c\r\ndata: d\n: e\n\n", ";^d;");
    expectSteps(": a\nid: 1\n\n", "^;");
  });

  it("may have several lines of data, and may be incomplete", () => {
    expectSteps("data: a\ndata: b\ndata:c", "^abc");
  });

  it("has a step for a line feed that is split from its end", () => {
    const head = new Piece(String.UTF8.encode("data: a\r\n\r"));
    expect(read([head, new Piece(String.UTF8.encode("\n"))])).toBe("^a;+");
    expect(read([head, new Piece(String.UTF8.encode("x\n"))])).toBe("^a;^");
  });
});

describe("an error", () => {
  it("is an event of that name, or a field", () => {
    expectSteps("event: error\ndata: x\n\n", "^!x;");
    expectSteps("data: x\r\nevent:error\r\n\r\n", "^x!;");
    expectSteps('error: {"a":1}\n\n', "^!;");
    expectSteps("event: errors\nevent: x error\nerrors: x\nid: error\n: error:\n\n", "^;");
  });
});

describe("a line", () => {
  it("has data without the one space after the colon", () => {
    expectSteps("data:a\ndata: b\ndata:  c\ndata:\ndata: \n", "^ab c");
  });

  it("has no data if it is another field, or a comment", () => {
    expectSteps("datum: a\ndata\ndat\n: data: a\nData: a\n data: a\nid: 1\ndataa: b\n\n", "^;");
  });

  it("of 40 bytes is found whole", () => {
    const line = "0123456789".repeat(4);
    expectSteps("id: " + line + "\n", "^");
    const steps = read([new Piece(String.UTF8.encode("data: " + line + "\ndata: x"))]);
    expect(steps).toBe("^" + line + "x");
  });
});

describe("a byte order mark", () => {
  it("is left out before the first line, and only there", () => {
    expectSteps("\u{feff}data: a\n\n", "^a;");
    expectSteps("\u{feff}\u{feff}data: a\n\n", "^;");
    expectSteps("data: a\n\u{feff}data: b\n\n", "^a;");
  });
});
