// Texts that distinguish calls in metrics. Each is interned: it keeps its number in this worker,
// even when the configuration changes. Kept between calls: all labels so far.

import { Bytes, bytesOf, equals, startsWith } from "./bytes/bytes";
import { Char } from "./bytes/chars";

/**
 * At most this many labels get a number of their own: four numbers of 16 bits make the key of a
 * series.
 */
const MAX_LABELS: i32 = 0xfff0;
const OTHER_ID: u32 = 1;

// Istio's bootstrap cuts its own tags out of every metric's name: each begins with a point that
// comes after or before one of these.
const BEFORE_ISTIO_TAGS: string[] = ["cache", "component", "tag", "wasm_filter", "rbac"];
const ISTIO_TAGS: Bytes[] = [bytesOf("istio_dry_run_"), bytesOf("shadow_")];

export class Label {
  /** For a metric's name. */
  tagValue: string;

  bytes: Bytes;

  constructor(
    public id: u32,
    public text: string,
    shown: string,
  ) {
    this.bytes = bytesOf(text);
    this.tagValue = encode(bytesOf(shown));
  }
}

const labels = new Map<string, Label>();

/** Nothing was given. */
export const UNKNOWN_LABEL = labelOf("unknown");
/** Something was given that is not distinguished from others. */
export const OTHER_LABEL = labelOf("other");
/** The empty text, which no configuration can name. */
export const EMPTY_LABEL = new Label(UNKNOWN_LABEL.id, "", "unknown");

/** The label for `text`. */
export function labelOf(text: string): Label {
  if (labels.has(text)) return labels.get(text);
  if (labels.size >= MAX_LABELS) return new Label(OTHER_ID, text, "other");
  const label = new Label(labels.size, text, text);
  labels.set(text, label);
  return label;
}

/** The one of `list` for this text; null if there is none. */
export function findLabel(list: Label[], text: Bytes): Label | null {
  const start = changetype<usize>(text);
  const end = start + text.byteLength;
  for (let i = 0; i < list.length; i++) {
    if (equals(unchecked(list[i]).bytes, start, end)) return unchecked(list[i]);
  }
  return null;
}

/** Adds the label for this text to `list`. */
export function addLabel(list: Label[], text: Bytes): Label {
  const label = labelOf(String.UTF8.decode(text));
  list.push(label);
  return label;
}

// Percent-encodes what would end a tag or begin one of Istio's tags, and what no name should
// contain.
function encode(bytes: Bytes): string {
  let text = "";
  const start = changetype<usize>(bytes);
  const end = start + bytes.byteLength;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    const isPlain =
      isGraphic(byte) &&
      byte != Char.Quote &&
      byte != Char.Percent &&
      byte != Char.Semicolon &&
      byte != Char.Equals &&
      byte != Char.Backslash &&
      (byte != Char.Point || !isIstioTag(text, at + 1, end));
    text += isPlain ? String.fromCharCode(byte) : "%" + hexDigit(byte >> 4) + hexDigit(byte & 15);
  }
  return text;
}

// Whether a point after `before`, followed by the bytes from `start` to `end`, begins one of
// Istio's tags.
function isIstioTag(before: string, start: usize, end: usize): bool {
  for (let i = 0; i < BEFORE_ISTIO_TAGS.length; i++) {
    if (before.endsWith(BEFORE_ISTIO_TAGS[i])) return true;
  }
  for (let i = 0; i < ISTIO_TAGS.length; i++) {
    if (startsWith(ISTIO_TAGS[i], start, end)) return true;
  }
  return false;
}

/** Whether `byte` is printable ASCII and not a space. */
export function isGraphic(byte: u8): bool {
  return byte > Char.Space && byte < Char.Delete;
}

function hexDigit(value: u8): string {
  return String.fromCharCode(value < 10 ? Char.Zero + value : Char.A - 10 + value);
}
