import { compareNumbers } from "../../assembly/edit/numbers";
import { pieceOf } from "./piece";

// Each line holds spellings of one number, and less than the next line.
const ascending: string[][] = [
  ["-1e99999999", "-1E+99999999", "-0.1e100000000"],
  ["-1e400"],
  ["-4096.0000000000000000001"],
  ["-4096", "-4096.0", "-4.096e3", "-40960e-1"],
  ["-4095.9999999999999999999"],
  ["-1", "-1.0", "-0.1e1"],
  ["-1e-400"],
  [
    "0",
    "-0",
    "0.0",
    "-0.000",
    "0e5",
    "0E-5",
    "0e99999999999999999999",
    "-0.00e-99999999999999999999",
  ],
  ["1e-99999999", "0.1e-99999998"],
  ["1e-400"],
  ["0.012", "12e-3", "0.0120", "0.00012e2"],
  ["0.1", "1e-1", "0.10000000000000000000000000000000"],
  ["0.10000000000000000000000000000001"],
  ["1"],
  ["9.9", "99e-1"],
  ["10", "1e1", "1E+1", "100e-1", "0.00001e6"],
  ["4095.9999999999999999999", "4095999999999999999999.9e-18"],
  ["4096", "4096.0", "4.096e3", "4.096E+3", "409600e-2", "0.4096e4", "4096e0", "4096.000e-0"],
  ["4096.0000000000000000001", "40960000000000000000001e-19"],
  ["4097"],
  ["9007199254740992"],
  ["9007199254740993"],
  ["9007199254740993.5"],
  ["123456789012345678901234567890123456789012345678901234567890"],
  ["123456789012345678901234567890123456789012345678901234567891"],
  ["1e400", "10e399", "0.1e401"],
  ["1e99999999"],
];

function compare(left: string, right: string): i32 {
  const a = pieceOf(left);
  const b = pieceOf(right);
  const order = compareNumbers(a.start, a.end, b.start, b.end);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

describe("comparing numbers by their text", () => {
  it("finds each spelling of a number equal, and less than every greater number", () => {
    for (let i = 0; i < ascending.length; i++) {
      for (let j = 0; j < ascending.length; j++) {
        const expected = i < j ? -1 : i > j ? 1 : 0;
        for (let k = 0; k < ascending[i].length; k++) {
          for (let l = 0; l < ascending[j].length; l++) {
            const left = ascending[i][k];
            const right = ascending[j][l];
            expect(compare(left, right)).toBe(expected, left + " and " + right);
          }
        }
      }
    }
  });

  it("does not overflow on an exponent of any length", () => {
    const huge = "1e" + "9".repeat(200);
    const tiny = "1e-" + "9".repeat(200);
    expect(compare(huge, "4096")).toBe(1);
    expect(compare("-" + huge, "4096")).toBe(-1);
    expect(compare(tiny, "4096")).toBe(-1);
    expect(compare(tiny, "0")).toBe(1);
    expect(compare("-" + tiny, "0")).toBe(-1);
  });

  it("counts digits of any number exactly", () => {
    const zeros = "0".repeat(250);
    expect(compare("1" + zeros, "1e250")).toBe(0);
    expect(compare("1" + zeros + "1", "1e251")).toBe(1);
    expect(compare("0." + zeros + "1", "1e-251")).toBe(0);
    expect(compare("1." + zeros, "1")).toBe(0);
    expect(compare("1." + zeros + "1", "1")).toBe(1);
  });
});
