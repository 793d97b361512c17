import assert from "node:assert/strict";
import { test } from "node:test";
import { findRe2Fault } from "../../src/validate/re2-syntax.ts";

const accepted = [
  "",
  "blue|green",
  "^a.*b$",
  "(?i)blue",
  "(?i-s:a)(?:b)(?P<name>c)(?<name2>d)",
  "[]a]",
  "[^]\\]a-z[:alpha:]-]+",
  "a{2}b{2,}c{2,5}?d{x",
  "\\d\\w\\s\\b\\A\\z\\.\\/\\x41\\x{FF}\\pN\\p{Greek}\\P{^L}\\101\\12\\0",
  "\\Q(((\\E",
  "\\Q[[",
  "a??b*?c+?",
  "é*",
  "(?:a){1000}",
  "(a{10}b{10}){100}",
  "[\\d-z\\x41\\pL]",
];

const refused = [
  "(?=a)",
  "(?!a)",
  "(?<=a)b",
  "(?<!a)b",
  "(a)\\1",
  "(?P<n>a)(?P=n)",
  "\\k<n>",
  "(?>a)",
  "(?#comment)",
  "a++",
  "a**",
  "*a",
  "a|*",
  "(*)",
  "(a",
  "a)",
  "[a",
  "[z-a]",
  "a\\",
  "a{1001}",
  "a{3,2}",
  "\\Z",
  "\\E",
  "\\x{1F600}",
  "\\p{Foo}",
  "[[:foo:]]",
  "[a-\\d]",
  "[\\e]",
  "((a{100}){11})",
  "{2}",
  "(?-)a",
  "\\u0041",
];

for (const expression of accepted) {
  test(`RE2 takes ${expression}`, () => assert.equal(findRe2Fault(expression), undefined));
}

for (const expression of refused) {
  test(`RE2 refuses ${expression}`, () => assert.notEqual(findRe2Fault(expression), undefined));
}
