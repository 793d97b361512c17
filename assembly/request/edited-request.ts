// A request that is edited, and how its answer is read. Comes in: the body's chunks; goes out: the
// edited chunks, or the code to refuse the request with. Kept between calls: the fields below, and
// editors for reuse.

import { ErrorCode } from "../../contract/errors";
import { Bytes } from "../bytes/bytes";
import { Cluster, Settings } from "../config/config";
import { EditPlan } from "../edit/edit-plan";
import { Editor } from "../edit/editor";
import { Verdict } from "../edit/judge";
import { getRequestBody, replaceRequestBody, resultEnd, resultStart } from "../host/host";
import { Idle } from "../idle";
import { NO_FAULT } from "../refuse";
import { keepsItsKey } from "./provider";

// A request gives its editor back when its body ends, as the answer may take long.
const idleEditors = new Idle<Editor>();

// The settings before the first request.
const NO_SETTINGS = new Settings(new EditPlan([]), new EditPlan([]));

export class EditedRequest {
  settings: Settings = NO_SETTINGS;
  /** Whether the endpoint's answers have a usage. */
  hasUsage: bool = false;
  /**
   * Whether the filter has requested the usage; the model that goes out, null if there is none.
   * Known once the body is complete.
   */
  asksForUsage: bool = false;
  model: Bytes | null = null;

  /**
   * The cluster that Envoy had chosen when the key was added; null before that, and once it has
   * been checked.
   */
  private keyedCluster: Cluster | null = null;
  /** Null if there is no body, and after its end. */
  private editor: Editor | null = null;
  private receivedBytes: u64 = 0;

  /** Begins a new request. */
  restart(): void {
    this.hasUsage = this.asksForUsage = false;
    this.model = null;
    this.receivedBytes = 0;
  }

  /** A body will come, which `plan` edits. */
  expectBody(plan: EditPlan): void {
    let editor = idleEditors.take();
    if (editor === null) editor = new Editor(plan);
    else editor.restart(plan);
    this.editor = editor;
    this.hasUsage = true;
  }

  /** The key has been added to a request for `cluster`. */
  noteKey(cluster: Cluster): void {
    this.keyedCluster = cluster;
  }

  /** Edits the body's current chunk, of `size` bytes. An ErrorCode, or NO_FAULT. */
  editChunk(size: u32, endOfStream: bool): i32 {
    const editor = this.editor;
    if (editor === null) return ErrorCode.ProviderMisconfigured;
    this.receivedBytes += size;
    if (this.receivedBytes > this.settings.maxRequestBytes) return ErrorCode.RequestTooLarge;
    if (size != 0) {
      if (!getRequestBody(size)) return ErrorCode.ProviderMisconfigured;
      const verdict = editor.feed(resultStart, resultEnd);
      if (verdict != Verdict.Valid) return codeOf(verdict);
    }
    if (endOfStream && !editor.complete) return this.incompleteCode();
    if (size != 0 && editor.changed) {
      const isTaken = replaceRequestBody(size, editor.outStart, editor.outEnd);
      if (!isTaken) return ErrorCode.ProviderMisconfigured;
    }
    if (editor.complete) {
      this.model = editor.model;
      this.asksForUsage = editor.asksForUsage;
    }
    return NO_FAULT;
  }

  /** What is wrong with the body if it ends here: an ErrorCode, or NO_FAULT. */
  faultAtEnd(): i32 {
    const editor = this.editor;
    return editor === null || editor.complete ? NO_FAULT : this.incompleteCode();
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
    default:
      return ErrorCode.InvalidJson;
  }
}
