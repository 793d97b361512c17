// One request and its answer: Envoy's callbacks, in the order in which Envoy makes them. Comes in: headers, chunks, trailers; goes out: what
// the provider gets and what the client gets, each forwarded in the callback that brought it. Kept between calls: the fields below.

import { Cluster, Config, Provider, Settings } from "./config/config";
import { Editor, returnEditor, takeEditor } from "./json/editor";
import { Verdict } from "./json/judge";
import {
  answerEnd,
  answerStart,
  clearHeaders,
  Context,
  DataStatus,
  getRequestBody,
  HeaderMap,
  HeadersStatus,
  increment,
  log,
  LogLevel,
  replaceRequestBody,
  TrailersStatus,
} from "./host/host";
import { Code, refuse, refuseMethod } from "./refuse";
import { NO_LENGTH, RequestHeaders } from "./request/headers";
import { Endpoint, findEndpoint, writeUpstreamPath } from "./request/path";
import { findCluster, isStillChosen, readCluster, readSettings } from "./request/provider";
import { cleanResponse } from "./response/headers";
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

export class EgressStream extends Context {
  private state: State = State.Untouched;
  private config: Config;
  private misroutedCounter: u32;
  /** The cluster that Envoy had chosen when the key was added; null before that, and once it has been checked. */
  private keyedCluster: Cluster | null = null;
  private provider: Provider | null = null;
  private settings: Settings | null = null;
  private editor: Editor | null = null;
  private receivedBytes: u64 = 0;

  constructor(id: u32, root: EgressRoot) {
    super(id, root);
    this.config = root.config;
    this.misroutedCounter = root.misroutedCounter;
  }

  onRequestHeaders(_count: u32, endOfStream: bool): HeadersStatus {
    const cluster = findCluster(this.config);
    if (cluster === null) return HeadersStatus.Continue;
    const provider = cluster.provider;
    if (provider === null || provider.fault.length != 0 || provider.isMisrouted) {
      return this.refuseHeaders(Code.ProviderMisconfigured);
    }
    const settings = readSettings(provider);
    if (settings.fault.length != 0) return this.refuseHeaders(Code.ProviderMisconfigured);
    this.provider = provider;
    this.settings = settings;
    headers.read(this.config);
    if (!headers.isAddressedPlainly) return this.refuseHeaders(Code.MisdirectedRequest);
    return this.route(cluster, provider, settings, endOfStream);
  }

  private route(
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
      const verdict = editor.feed(answerStart, answerEnd);
      if (verdict != Verdict.Valid) return this.refuseBody(codeOf(verdict));
    }
    if (endOfStream && !editor.complete) return this.refuseBody(this.incompleteCode());
    if (size == 0 || !editor.changed) return DataStatus.Continue;
    return replaceRequestBody(<u32>size, editor.outStart, editor.outEnd)
      ? DataStatus.Continue
      : this.refuseBody(Code.ProviderMisconfigured);
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
    clearHeaders(HeaderMap.RequestTrailers);
    return TrailersStatus.Continue;
  }

  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersStatus {
    if (!this.isForwarded()) return HeadersStatus.Continue;
    if (!this.keptItsCluster()) return this.refuseHeaders(Code.ProviderMisconfigured);
    cleanResponse(HeaderMap.Response, this.settings!.credential);
    return HeadersStatus.Continue;
  }

  onResponseTrailers(_count: u32): TrailersStatus {
    if (this.isForwarded()) cleanResponse(HeaderMap.ResponseTrailers, this.settings!.credential);
    return TrailersStatus.Continue;
  }

  onDelete(): void {
    // Where no answer came, the key may have gone out all the same.
    this.keptItsCluster();
    const editor = this.editor;
    if (editor !== null) returnEditor(editor);
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
    increment(this.misroutedCounter);
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

  private refuseHeaders(code: Code): HeadersStatus {
    this.state = State.Refused;
    refuse(code);
    return HeadersStatus.StopIteration;
  }

  private refuseMethodOf(hasBody: bool): HeadersStatus {
    this.state = State.Refused;
    refuseMethod(hasBody);
    return HeadersStatus.StopIteration;
  }

  private refuseBody(code: Code): DataStatus {
    this.state = State.Refused;
    const culprit = this.editor!.culprit;
    refuse(code, culprit === null ? "" : culprit.name);
    return DataStatus.StopIterationNoBuffer;
  }

  private incompleteCode(): Code {
    return this.receivedBytes == 0 ? Code.MissingBody : Code.InvalidJson;
  }
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
