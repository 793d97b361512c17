// Texts that tell calls apart in metrics. Each is interned: it keeps its number in this worker, also through a change of the configuration.
// Kept between calls: all labels so far.

import { Bytes, bytesOf } from "../json/bytes";

/** At most so many labels get a number of their own: four numbers of 16 bits make a series' key. */
const MAX_LABELS: i32 = 0xfff0;
const OTHER_ID: u32 = 1;

// Istio's bootstrap cuts out of every metric's name what stands between one of these, a point, and the next point.
const ISTIO_TAGS: string[] = ["cache", "component", "tag", "wasm_filter"];

export class Label {
  /** For the access log: printable ASCII without blanks, quotes and backslashes. */
  logged: Bytes;
  /** For a metric's name. */
  tagValue: string;

  bytes: Bytes;

  constructor(
    public id: u32,
    public text: string,
    shown: string,
  ) {
    this.bytes = bytesOf(text);
    const shownBytes = bytesOf(shown);
    this.logged = clean(shownBytes);
    this.tagValue = encode(shownBytes);
  }
}

const labels = new Map<string, Label>();

/** What was not given. */
export const UNKNOWN_LABEL = labelOf("unknown");
/** What is given, and not told apart from others. */
export const OTHER_LABEL = labelOf("other");
/** No text at all: no configuration can be meant by it. */
export const EMPTY_LABEL = new Label(UNKNOWN_LABEL.id, "", "unknown");

/** The label for `text`. */
export function labelOf(text: string): Label {
  if (labels.has(text)) return labels.get(text);
  if (labels.size >= MAX_LABELS) return new Label(OTHER_ID, text, "other");
  const label = new Label(labels.size, text, text);
  labels.set(text, label);
  return label;
}

/** `bytes` for a line of the access log: `?` stands for all but printable ASCII, and for blanks, quotes and backslashes. */
export function clean(bytes: Bytes): Bytes {
  const logged = bytes.slice(0);
  const start = changetype<usize>(logged);
  for (let at = start; at < start + logged.byteLength; at++) {
    const byte = load<u8>(at);
    if (!isGraphic(byte) || byte == 0x22 || byte == 0x5c) store<u8>(at, 0x3f);
  }
  return logged;
}

// Percent-encodes what would end a tag or begin one of Istio's, and what no name should hold.
function encode(bytes: Bytes): string {
  let text = "";
  const start = changetype<usize>(bytes);
  for (let at = start; at < start + bytes.byteLength; at++) {
    const byte = load<u8>(at);
    const isPlain =
      isGraphic(byte) &&
      byte != 0x22 &&
      byte != 0x25 &&
      byte != 0x3b &&
      byte != 0x3d &&
      byte != 0x5c &&
      (byte != 0x2e || !endsWithTag(text));
    text += isPlain ? String.fromCharCode(byte) : "%" + hexDigit(byte >> 4) + hexDigit(byte & 15);
  }
  return text;
}

function endsWithTag(text: string): bool {
  for (let i = 0; i < ISTIO_TAGS.length; i++) if (text.endsWith(ISTIO_TAGS[i])) return true;
  return false;
}

function isGraphic(byte: u8): bool {
  return byte > 0x20 && byte < 0x7f;
}

function hexDigit(value: u8): string {
  return String.fromCharCode(value < 10 ? 0x30 + value : 0x37 + value);
}
