// A key as it is in a Secret → as it is sent. Pure. No result but `key` contains a part of the key.
import { isPrintable } from "../../contract/characters.ts";
import { MAX_KEY_BYTES } from "../../contract/limits.ts";

export interface KeyText {
  /** Undefined if the entry can't be a key. */
  key: string | undefined;
  /** What is wrong, or looks so. Empty if nothing is. */
  remark: string;
}

/** Reads an entry of a Secret, in base64, as the API has it. */
export function readKeyText(encoded: string): KeyText {
  const text = Buffer.from(encoded, "base64").toString("utf8");
  // A Secret that is made from a file often ends with a line end.
  const key = text.trim();
  if (key === "") return { key: undefined, remark: "is empty" };
  if (!isPrintable(key)) {
    const isInside = /[\r\n]/.test(key) ? "a line end" : "a character that is not printable ASCII";
    return { key: undefined, remark: `contains ${isInside}` };
  }
  if (key.length > MAX_KEY_BYTES) {
    return { key: undefined, remark: `is longer than ${MAX_KEY_BYTES} bytes` };
  }
  const remarks = [
    ...(/^["'`]|["'`]$/.test(key) ? ["has quotes around it, which are sent"] : []),
    ...(/^bearer\s/i.test(key) ? ["begins with Bearer, which auth.prefix adds already"] : []),
    ...(key === text ? [] : ["has whitespace around it, which is not sent"]),
  ];
  return { key, remark: remarks.join(" and ") };
}
