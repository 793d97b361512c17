// One request and its answer: Envoy's callbacks, in the order in which Envoy makes them. Comes in: headers, chunks, trailers; goes out: what
// the provider gets and what the client gets, each forwarded in the callback that brought it, and at the end an account of the call. Kept
// between calls: the fields below.

import { Cluster, Config, Provider, Settings } from "./config/config";
import { EditPlan } from "./edit/edit-plan";
import { Editor } from "./edit/editor";
import { Verdict } from "./edit/judge";
import {
  clearHeaders,
  Context,
  DataStatus,
  getRequestBody,
  HeaderMap,
  HeadersStatus,
  increment,
  log,
  LogLevel,
  now,
  replaceRequestBody,
  resultEnd,
  resultStart,
  TrailersStatus,
} from "./host/host";
import { Idle } from "./idle";
import { Code, refuse, refuseMethod, statusOf } from "./refuse";
import { logCall } from "./report/access-log";
import { Call, Outcome } from "./report/call";
import { countCall } from "./report/metrics";
import { outcomeOf } from "./report/outcome";
import { readSource } from "./report/source";
import { NO_LENGTH, RequestHeaders } from "./request/headers";
import { Endpoint, findEndpoint, writeUpstreamPath } from "./request/path";
import { findCluster, isStillChosen, readCluster, routeTo } from "./request/provider";
import { Answer } from "./response/answer";
import { cleanTrailers } from "./response/headers";
import { EgressRoot } from "./root";

const enum State {
  /** Not a request to a provider: left alone. */
  Untouched,
  /** The body passes through the editor. */
  Editing,
  /** Nothing is left to be done with the request. */
  Forwarding,
  /** Answered by the filter. The answer itself comes back through the response callbacks. */
  Refused,
}

// Used up within one callback.
const headers = new RequestHeaders();

// A request gives its editor back at its end, as its answer may take long.
const idleEditors = new Idle<Editor>();

export class EgressStream extends Context {
  private state: State = State.Untouched;
  private config: Config;
  /** The cluster that Envoy had chosen when the key was added; null before that, and once it has been checked. */
  private keyedCluster: Cluster | null = null;
  private provider: Provider | null = null;
  private settings: Settings | null = null;
  private editor: Editor | null = null;
  private receivedBytes: u64 = 0;
  /** Whether the endpoint's answers have a usage; whether the filter has asked for it. */
  private hasUsage: bool = false;
  private asksForUsage: bool = false;
  private answer: Answer = new Answer();
  private call: Call = new Call();

  constructor(
    id: u32,
    private root: EgressRoot,
  ) {
    super(id, root);
    this.config = root.config;
  }

  /** Makes a stream that has ended a new one. */
  begin(id: u32): void {
    this.context_id = id;
    this.config = this.root.config;
    this.state = State.Untouched;
    this.receivedBytes = 0;
    this.hasUsage = this.asksForUsage = false;
    this.answer.restart();
  }

  onRequestHeaders(_count: u32, endOfStream: bool): HeadersStatus {
    const cluster = findCluster(this.config);
    if (cluster === null) return HeadersStatus.Continue;
    const call = this.call;
    call.begin(now());
    const provider = cluster.provider;
    this.provider = provider;
    call.route = routeTo(provider);
    if (provider === null) return this.refuseHeaders(Code.ProviderMisconfigured);
    call.provider = provider.label;
    if (provider.fault.length != 0 || provider.isMisrouted) {
      return this.refuseHeaders(Code.ProviderMisconfigured);
    }
    const settings = provider.settingsFor(call.route.text);
    if (settings.fault.length != 0) return this.refuseHeaders(Code.ProviderMisconfigured);
    this.settings = settings;
    headers.read(this.config);
    if (!headers.isAddressedPlainly) return this.refuseHeaders(Code.MisdirectedRequest);
    return this.direct(cluster, provider, settings, endOfStream);
  }

  private direct(
    cluster: Cluster,
    provider: Provider,
    settings: Settings,
    endOfStream: bool,
  ): HeadersStatus {
    const endpoint = findEndpoint(headers.pathStart, headers.pathEnd);
    const hasBody = endpoint != Endpoint.Models;
    const isKnownMethod = (headers.isPost || headers.isGet) && !headers.isUpgrade;
    if (!isKnownMethod) return this.refuseMethodOf(hasBody);
    if (endpoint == Endpoint.Unknown) return this.refuseHeaders(Code.UnknownEndpoint);
    if (headers.isPost != hasBody) return this.refuseMethodOf(hasBody);
    if (!writeUpstreamPath(provider.path, endpoint, headers.pathStart, headers.pathEnd)) {
      return this.refuseHeaders(Code.UnknownEndpoint);
    }
    if (!hasBody && !endOfStream) return this.refuseHeaders(Code.InvalidParameter);
    if (hasBody) {
      const fault = faultOfBody(settings, endOfStream);
      if (fault != NO_FAULT) return this.refuseHeaders(fault);
      const plan = describesCompletions(endpoint) ? settings.completions : settings.others;
      this.editor = takeEditor(plan);
      this.hasUsage = true;
      headers.describeBody(plan.blockBytes);
    }
    headers.edit(this.config, settings);
    this.keyedCluster = cluster;
    this.state = hasBody ? State.Editing : State.Forwarding;
    return HeadersStatus.Continue;
  }

  onRequestBody(size: usize, endOfStream: bool): DataStatus {
    if (this.state == State.Refused) return DataStatus.StopIterationNoBuffer;
    if (this.state != State.Editing) return DataStatus.Continue;
    this.receivedBytes += size;
    if (this.receivedBytes > this.settings!.maxRequestBytes) {
      return this.refuseBody(Code.RequestTooLarge);
    }
    const editor = this.editor!;
    if (size != 0) {
      if (!getRequestBody(<u32>size)) return this.refuseBody(Code.ProviderMisconfigured);
      const verdict = editor.feed(resultStart, resultEnd);
      if (verdict != Verdict.Valid) return this.refuseBody(codeOf(verdict));
    }
    if (endOfStream && !editor.complete) return this.refuseBody(this.incompleteCode());
    if (size != 0 && editor.changed) {
      const isTaken = replaceRequestBody(<u32>size, editor.outStart, editor.outEnd);
      if (!isTaken) return this.refuseBody(Code.ProviderMisconfigured);
    }
    if (editor.complete) this.noteRequest(editor);
    if (endOfStream) this.endRequest();
    return DataStatus.Continue;
  }

  // With trailers no body callback has been told that the stream ends.
  onRequestTrailers(_count: u32): TrailersStatus {
    if (this.state == State.Refused) return TrailersStatus.StopIteration;
    if (this.state == State.Untouched) return TrailersStatus.Continue;
    const editor = this.editor;
    if (editor !== null && !editor.complete) {
      this.refuseBody(this.incompleteCode());
      return TrailersStatus.StopIteration;
    }
    this.endRequest();
    clearHeaders(HeaderMap.RequestTrailers);
    return TrailersStatus.Continue;
  }

  private noteRequest(editor: Editor): void {
    this.call.modelName = editor.model;
    this.asksForUsage = editor.asksForUsage;
  }

  private endRequest(): void {
    this.state = State.Forwarding;
    this.releaseEditor();
  }

  private releaseEditor(): void {
    const editor = this.editor;
    if (editor !== null) idleEditors.give(editor);
    this.editor = null;
  }

  onResponseHeaders(_count: u32, endOfStream: bool): HeadersStatus {
    if (!this.isForwarded()) return HeadersStatus.Continue;
    if (!this.keptItsCluster()) return this.refuseHeaders(Code.ProviderMisconfigured);
    this.answer.begin(this.settings!.credential, this.hasUsage, this.asksForUsage);
    this.answer.isComplete = endOfStream;
    return HeadersStatus.Continue;
  }

  onResponseBody(size: usize, endOfStream: bool): DataStatus {
    if (this.isForwarded()) this.answer.pass(<u32>size, endOfStream);
    return DataStatus.Continue;
  }

  onResponseTrailers(_count: u32): TrailersStatus {
    if (!this.isForwarded()) return TrailersStatus.Continue;
    this.answer.isComplete = true;
    cleanTrailers(this.settings!.credential);
    return TrailersStatus.Continue;
  }

  // What is set here still reaches the access log.
  onLog(): void {
    if (this.state == State.Untouched) return;
    const call = this.call;
    call.source = readSource(this.config.maxSources);
    call.model = this.config.modelLabel(call.modelName);
    call.duration = call.millisecondsTo(now());
    if (this.state == State.Refused) {
      call.outcome = Outcome.Rejected;
      call.status = statusOf(call.refusal);
    } else {
      this.describeAnswer(call, this.answer);
    }
    countCall(call);
    logCall(call);
  }

  private describeAnswer(call: Call, answer: Answer): void {
    call.outcome = outcomeOf(answer);
    call.status = answer.status;
    call.usage = answer.usage;
    call.expectsUsage = this.hasUsage && answer.status - 200 < 100;
    if (answer.firstEventAt != 0) call.firstEvent = call.millisecondsTo(answer.firstEventAt);
  }

  onDelete(): void {
    // Where no answer came, the key may have gone out all the same.
    this.keptItsCluster();
    this.releaseEditor();
    this.root.release(this);
  }

  // Whether the answer is the provider's, to a request that has been edited.
  private isForwarded(): bool {
    return this.state == State.Editing || this.state == State.Forwarding;
  }

  // Our own header edits make Envoy choose the route again. The key must not have gone elsewhere; if it has, its provider gets no more of it
  // from this worker.
  private keptItsCluster(): bool {
    const expected = this.keyedCluster;
    if (expected === null) return true;
    this.keyedCluster = null;
    if (isStillChosen(expected)) return true;
    const actual = readCluster();
    // No cluster any more: Envoy itself has answered, and nothing has gone out.
    if (actual.length == 0) return true;
    const provider = this.provider!;
    provider.isMisrouted = true;
    increment(this.root.misroutedCounter, 1);
    log(
      LogLevel.Error,
      "a request for " +
        expected.name +
        " went to " +
        actual +
        ": " +
        provider.name +
        " answers 503",
    );
    return false;
  }

  // Before the answer is sent, as it may come back through the response callbacks, and end the stream, from within the call: nothing of the
  // stream is touched after that.
  private noteRefusal(code: Code): void {
    this.state = State.Refused;
    this.call.refusal = code;
  }

  private refuseHeaders(code: Code): HeadersStatus {
    this.noteRefusal(code);
    refuse(code);
    return HeadersStatus.StopIteration;
  }

  private refuseMethodOf(hasBody: bool): HeadersStatus {
    this.noteRefusal(Code.MethodNotAllowed);
    refuseMethod(hasBody);
    return HeadersStatus.StopIteration;
  }

  private refuseBody(code: Code): DataStatus {
    this.noteRefusal(code);
    const culprit = this.editor!.culprit;
    refuse(code, culprit === null ? "" : culprit.name);
    return DataStatus.StopIterationNoBuffer;
  }

  private incompleteCode(): Code {
    return this.receivedBytes == 0 ? Code.MissingBody : Code.InvalidJson;
  }
}

function takeEditor(plan: EditPlan): Editor {
  const editor = idleEditors.take();
  if (editor === null) return new Editor(plan);
  editor.restart(plan);
  return editor;
}

const NO_FAULT: i32 = -1;

// What the headers already say about a body that can't be taken: a Code, or NO_FAULT.
function faultOfBody(settings: Settings, endOfStream: bool): i32 {
  if (headers.isCompressed) return Code.UnsupportedContentEncoding;
  if (headers.hasStrangeLength) return Code.InvalidParameter;
  if (endOfStream || headers.contentLength == 0) return Code.MissingBody;
  const isTooLarge =
    headers.contentLength != NO_LENGTH && headers.contentLength > settings.maxRequestBytes;
  return isTooLarge ? Code.RequestTooLarge : NO_FAULT;
}

function describesCompletions(endpoint: Endpoint): bool {
  return endpoint == Endpoint.ChatCompletions || endpoint == Endpoint.Completions;
}

function codeOf(verdict: Verdict): Code {
  switch (verdict) {
    case Verdict.TooDeep:
      return Code.JsonTooDeep;
    case Verdict.DuplicateMember:
      return Code.DuplicateMember;
    case Verdict.InvalidParameter:
      return Code.InvalidParameter;
    case Verdict.ModelNotAllowed:
      return Code.ModelNotAllowed;
    default:
      return Code.InvalidJson;
  }
}
