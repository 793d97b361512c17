// A request that is edited, and how its answer is read. Comes in: the body's chunks; goes out: the
// edited chunks, or the code to refuse the request with. No provider gets the closing brace before
// the body's end is known, as some run a request at its brace. Kept between calls: the fields below,
// and editors for reuse.

import { ErrorCode } from "../../contract/errors";
import { Bytes, bytesOf, equals } from "../bytes/bytes";
import { Cluster, Settings } from "../config/config";
import { EditPlan } from "../edit/edit-plan";
import { Editor } from "../edit/editor";
import { Verdict } from "../edit/judge";
import {
  getProperty,
  getRequestBody,
  replaceRequestBody,
  resultEnd,
  resultStart,
} from "../host/host";
import { Credential } from "../keys/credential";
import { Idle } from "../idle";
import { NO_FAULT } from "../refuse";
import { NO_LENGTH } from "./headers";
import { keepsItsKey } from "./provider";

// A request gives its editor back when its body ends, as the answer may take long.
const idleEditors = new Idle<Editor>();

// The settings before the first request.
const NO_SETTINGS = noSettings();

function noSettings(): Settings {
  const plan = new EditPlan([]);
  return new Settings(plan, plan, plan, plan);
}

/**
 * The bytes of a body that wait in Envoy's buffer are at most this many. Above the buffer's
 * limit (1 MiB by default, 32 KiB in a hardened Envoy) Envoy would stop to read the connection, and
 * never see the body's end. Over HTTP/2 it sees the end all the same.
 */
const MAX_WAITING: u32 = 24 * 1024;

const protocol = bytesOf("request\0protocol");
const HTTP_2 = bytesOf("HTTP/2");

/** Where the block and the closing brace are. */
const enum Closing {
  /** Not written. */
  Open,
  /** Written, and in Envoy's buffer until the body's end. */
  Waiting,
  /** Sent. */
  Sent,
}

// A field of 8 bytes that follows one of 4 can leave a gap.
export class EditedRequest {
  private receivedBytes: u64 = 0;
  /** The announced content-length, or NO_LENGTH. */
  private length: u64 = NO_LENGTH;
  settings: Settings = NO_SETTINGS;
  /** What has been sent. The settings may have another by the time of the answer. */
  credential: Credential | null = null;
  /** Whether a usage in the answer is read, and whether there should be one. */
  readsUsage: bool = false;
  hasUsage: bool = false;
  /**
   * Whether the filter has requested the usage; the model that goes out, null if there is none.
   * Known once the body is complete.
   */
  asksForUsage: bool = false;
  private closing: u8 = <u8>Closing.Open;
  model: Bytes | null = null;

  /**
   * The cluster that Envoy had chosen when the key was added; null before that, and once it has
   * been checked.
   */
  private keyedCluster: Cluster | null = null;
  /** Null if there is no body, and after its end. */
  private editor: Editor | null = null;
  /** How many bytes of the body wait in Envoy's buffer. */
  private waitingBytes: u32 = 0;

  /** Begins a new request. */
  restart(): void {
    this.readsUsage = this.hasUsage = this.asksForUsage = false;
    this.model = null;
    this.receivedBytes = 0;
    this.closing = <u8>Closing.Open;
    this.waitingBytes = 0;
  }

  /** A body of `length` bytes, or NO_LENGTH, will come, which `plan` edits. */
  expectBody(plan: EditPlan, length: u64): void {
    this.length = length;
    let editor = idleEditors.take();
    if (editor === null) editor = new Editor(plan);
    else editor.restart(plan);
    this.editor = editor;
  }

  /** Lets a chunk of `size` bytes pass. An ErrorCode, or NO_FAULT. */
  countChunk(size: u32): i32 {
    this.receivedBytes += size;
    const isTooLarge = this.receivedBytes > this.settings.maxRequestBytes;
    return isTooLarge ? ErrorCode.RequestTooLarge : NO_FAULT;
  }

  /** The credential has been added to a request for `cluster`. */
  noteKey(cluster: Cluster): void {
    this.keyedCluster = cluster;
  }

  /** Edits the body's current chunk, of `size` bytes. An ErrorCode, or NO_FAULT. */
  editChunk(size: u32, endOfStream: bool): i32 {
    const editor = this.editor;
    if (editor === null) return ErrorCode.ProviderMisconfigured;
    const fault = this.countChunk(size);
    if (fault != NO_FAULT) return fault;
    const canWait = this.canWait(size);
    if (size != 0) {
      if (!getRequestBody(size)) return ErrorCode.ProviderMisconfigured;
      const verdict = editor.feed(resultStart, resultEnd);
      if (verdict != Verdict.Valid) return codeOf(verdict);
    }
    if (editor.complete) this.closeBody(editor, size, endOfStream, canWait);
    else if (endOfStream) return this.incompleteCode();
    if (!editor.changed) return NO_FAULT;
    editor.changed = false;
    const isTaken = replaceRequestBody(size, editor.outStart, editor.outEnd);
    return isTaken ? NO_FAULT : ErrorCode.ProviderMisconfigured;
  }

  /** Whether Envoy must hold what has been edited until the body's end. */
  get isWaiting(): bool {
    return this.closing == Closing.Waiting;
  }

  // Whether a chunk of `size` bytes, and those that come after it, may wait in Envoy's buffer until
  // the body's end: if trailers end it, nothing can be added to it. But what has been sent may be in
  // that buffer too, as Envoy's router keeps it for retries, and would be sent again together with
  // what waits (https://github.com/envoyproxy/envoy/issues/45470). So only a body in one piece waits
  // there. Reads a property, and so must come before the chunk is read.
  private canWait(size: u32): bool {
    if (this.length != NO_LENGTH || this.receivedBytes != size) return false;
    return size <= MAX_WAITING || isHttp2();
  }

  // The closing brace goes out once the body's end is known. Until then it waits in the editor or in
  // Envoy's buffer.
  private closeBody(editor: Editor, size: u32, endOfStream: bool, canWait: bool): void {
    this.model = editor.model;
    // Over HTTP/1.1, Envoy signals the end after the last chunk, even if it knows the length.
    const hasEnded = endOfStream || this.receivedBytes == this.length;
    if (this.closing == Closing.Open) {
      if (!hasEnded && !canWait) {
        if (size != 0) editor.holdBrace();
        return;
      }
      if (size == 0) editor.feedNothing();
      editor.close();
      this.asksForUsage = editor.asksForUsage;
      this.closing = <u8>Closing.Waiting;
    } else if (this.waitingBytes + size > MAX_WAITING && !hasEnded) {
      // More whitespace than Envoy can hold, in a body without content-length.
      return editor.clear();
    }
    this.waitingBytes += size;
    if (hasEnded) this.closing = <u8>Closing.Sent;
  }

  /** What is wrong with the body if trailers end it: an ErrorCode, or NO_FAULT. */
  faultAtTrailers(): i32 {
    const editor = this.editor;
    if (editor === null) return NO_FAULT;
    if (!editor.complete) return this.incompleteCode();
    // Nothing can be added to a body in the trailers' callback.
    if (this.closing == Closing.Open) return ErrorCode.InvalidParameter;
    this.closing = <u8>Closing.Sent;
    return NO_FAULT;
  }

  private incompleteCode(): ErrorCode {
    return this.receivedBytes == 0 ? ErrorCode.MissingBody : ErrorCode.InvalidJson;
  }

  /** The member that the last fault is about, or "". */
  get culprit(): string {
    const editor = this.editor;
    if (editor === null) return "";
    const member = editor.culprit;
    return member === null ? "" : member.name;
  }

  /** The body has ended, or the stream has. */
  endBody(): void {
    const editor = this.editor;
    if (editor !== null) idleEditors.give(editor);
    this.editor = null;
  }

  /**
   * False if the key has gone to a cluster other than its own, which `counter` counts. Checks once.
   */
  keepsItsKey(counter: u32): bool {
    const cluster = this.keyedCluster;
    this.keyedCluster = null;
    return cluster === null || keepsItsKey(cluster, counter);
  }
}

function isHttp2(): bool {
  return getProperty(protocol) && equals(HTTP_2, resultStart, resultEnd);
}

function codeOf(verdict: Verdict): ErrorCode {
  switch (verdict) {
    case Verdict.TooDeep:
      return ErrorCode.JsonTooDeep;
    case Verdict.DuplicateMember:
      return ErrorCode.DuplicateMember;
    case Verdict.InvalidParameter:
      return ErrorCode.InvalidParameter;
    case Verdict.ModelNotAllowed:
      return ErrorCode.ModelNotAllowed;
    case Verdict.ModelTooLate:
      return ErrorCode.ModelTooLate;
    default:
      return ErrorCode.InvalidJson;
  }
}
