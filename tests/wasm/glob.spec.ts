import { matchesGlob } from "../../assembly/bytes/glob";
import { pieceOf } from "./piece";

function matches(glob: string, name: string): bool {
  const piece = pieceOf(name);
  return matchesGlob(String.UTF8.encode(glob), piece.start, piece.end);
}

// Globs with names, each followed by whether they match.
function check(cases: string[][], expected: bool): void {
  for (let i = 0; i < cases.length; i++) {
    for (let j = 1; j < cases[i].length; j++) {
      const what = cases[i][0] + " and " + cases[i][j];
      expect(matches(cases[i][0], cases[i][j])).toBe(expected, what);
    }
  }
}

describe("a glob", () => {
  it("matches the whole name, with any run of bytes for * and any one for ?", () => {
    check(
      [
        ["", ""],
        ["qwen-max", "qwen-max"],
        ["*", "", "q", "*", "qwen-max"],
        ["**", "", "a"],
        ["?", "a", "?", "*"],
        ["qwen-*", "qwen-", "qwen-max", "qwen-*"],
        ["*-max", "-max", "qwen-max", "a-max-max"],
        ["q*n-m?x", "qwen-max", "qn-mix", "qn-n-max"],
        ["*a*b*", "ab", "xaxbx", "aabb", "bab"],
        ["a*b?d", "abcd", "a-b-bbd"],
        ["a*aab", "aaaab", "aabaab"],
        ["?*?", "ab", "abc"],
      ],
      true,
    );
  });

  it("matches nothing else", () => {
    check(
      [
        ["", "a"],
        ["qwen-max", "", "qwen-ma", "qwen-max2", "Qwen-max", "xqwen-max"],
        ["?", "", "ab"],
        ["qwen-*", "qwen", "xqwen-max"],
        ["*-max", "qwen-max1", "max"],
        ["q*n-m?x", "qwen-mx", "qwen-maax"],
        ["*a*b*", "ba", "a", "b", ""],
        ["a*aab", "aaab-", "aab-aa"],
        ["?*?", "", "a"],
      ],
      false,
    );
  });

  it("does not take one byte for another, not even NUL for the end", () => {
    expect(matches("a", "a\0")).toBe(false);
    expect(matches("a*", "a\0b")).toBe(true);
    expect(matches("a[b]\\*", "a[b]\\x")).toBe(true);
    expect(matches("[ab]", "a")).toBe(false);
  });

  it("ends soon with a pattern that would backtrack for ever", () => {
    const name = "a".repeat(200);
    expect(matches("a*".repeat(60) + "b", name)).toBe(false);
    expect(matches("*a?".repeat(40) + "*", name)).toBe(true);
  });
});
