// One request and its answer: Envoy's callbacks, in the order in which Envoy calls them. Comes in:
// headers, chunks, trailers; goes out: what the provider gets and what the client gets, each
// forwarded in the callback that brought it, and at the end metrics and the access log's fields.
// Kept between calls: the fields below.

import { ErrorCode } from "../contract/errors";
import { Outcome } from "../contract/telemetry";
import { Cluster, Config, Provider, Settings } from "./config/config";
import { EditPlan } from "./edit/edit-plan";
import {
  clearHeaders,
  Context,
  continueRequest,
  DataStatus,
  HeaderMap,
  HeadersStatus,
  now,
  setEffectiveContext,
  TrailersStatus,
} from "./host/host";
import { NO_FAULT, refuse, refuseMethod, statusOf } from "./refuse";
import { logCall } from "./report/access-log";
import { Call } from "./report/call";
import { countCall } from "./report/metrics";
import { outcomeOf } from "./report/outcome";
import { readSource } from "./report/source";
import { EditedRequest } from "./request/edited-request";
import { RequestHeaders } from "./request/headers";
import { Endpoint, findEndpoint, writeUpstreamPath } from "./request/path";
import { findCluster, routeTo, settingsFor } from "./request/provider";
import { Answer } from "./response/answer";
import { cleanTrailers } from "./response/headers";
import { EgressRoot } from "./root";

const enum State {
  /** Not a request to a provider: passes through untouched. */
  Untouched,
  /** Refused by the filter. Its local reply comes back through the response callbacks. */
  Refused,
  /** The request waits for its key: Envoy holds all of it. */
  Waiting,
  /** The body passes through the editor. */
  Editing,
  /** Nothing is left to do with the request. */
  Forwarding,
}

function planFor(endpoint: Endpoint, settings: Settings): EditPlan {
  if (endpoint == Endpoint.Responses) return settings.responses;
  const isCompletions = endpoint == Endpoint.ChatCompletions || endpoint == Endpoint.Completions;
  return isCompletions ? settings.completions : settings.others;
}

// Valid within one callback only.
const headers = new RequestHeaders();

export class EgressStream extends Context {
  private state: State = State.Untouched;
  private config: Config;
  private request: EditedRequest = new EditedRequest();
  private answer: Answer = new Answer();
  private call: Call = new Call();

  constructor(
    id: u32,
    private root: EgressRoot,
  ) {
    super(id, root);
    this.config = root.config;
  }

  /** Reuses a stream that has ended for a new one. */
  begin(id: u32): void {
    this.context_id = id;
    this.config = this.root.config;
    this.state = State.Untouched;
    this.request.restart();
    this.answer.restart();
  }

  onRequestHeaders(_count: u32, endOfStream: bool): HeadersStatus {
    const cluster = findCluster(this.config);
    if (cluster === null) return HeadersStatus.Continue;
    const call = this.call;
    call.begin(now());
    const provider = cluster.provider;
    call.route = routeTo(provider);
    if (provider === null) return this.refuseHeaders(ErrorCode.ProviderMisconfigured);
    call.provider = provider.label;
    if (provider.fault.length != 0 || provider.isMisrouted) {
      return this.refuseHeaders(ErrorCode.ProviderMisconfigured);
    }
    const settings = settingsFor(provider, call.route);
    if (!settings.isUsable) return this.awaitKey(settings, endOfStream);
    this.request.settings = settings;
    headers.read(this.config);
    if (!headers.isAddressedPlainly) return this.refuseHeaders(ErrorCode.MisdirectedRequest);
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
    if (headers.isUpgrade) return this.refuseHeaders(ErrorCode.UpgradeNotSupported);
    if (!headers.isPost && !headers.isGet) return this.refuseMethodOf(hasBody);
    if (endpoint == Endpoint.Unknown) return this.refuseHeaders(ErrorCode.UnknownEndpoint);
    if (headers.isPost != hasBody) return this.refuseMethodOf(hasBody);
    if (!writeUpstreamPath(provider.path, endpoint, headers.pathStart, headers.pathEnd)) {
      return this.refuseHeaders(ErrorCode.UnknownEndpoint);
    }
    if (!hasBody && !endOfStream) return this.refuseHeaders(ErrorCode.InvalidParameter);
    if (hasBody) {
      const fault = headers.bodyFault(settings.maxRequestBytes, endOfStream);
      if (fault != NO_FAULT) return this.refuseHeaders(fault);
      const plan = planFor(endpoint, settings);
      this.request.expectBody(plan, headers.contentLength);
      headers.describeBody(plan.blockBytes);
    }
    const credential = settings.credential;
    headers.edit(this.config, settings, credential);
    this.request.noteKey(cluster, credential);
    this.state = hasBody ? State.Editing : State.Forwarding;
    return HeadersStatus.Continue;
  }

  private awaitKey(settings: Settings, endOfStream: bool): HeadersStatus {
    if (settings.fault.length != 0) return this.refuseHeaders(ErrorCode.ProviderMisconfigured);
    if (!this.root.hold(this, endOfStream)) return this.refuseHeaders(ErrorCode.KeyUnavailable);
    this.state = State.Waiting;
    this.request.credential = null;
    return HeadersStatus.StopIteration;
  }

  /** The request has waited: the key is known, or it has been too long. */
  resume(endOfStream: bool): void {
    setEffectiveContext(this.context_id);
    const startedAt = this.call.startedAt;
    this.config = this.root.config;
    this.state = State.Untouched;
    const status = this.onRequestHeaders(0, endOfStream);
    this.call.startedAt = startedAt;
    if (status == HeadersStatus.Continue) continueRequest();
  }

  onRequestBody(size: usize, endOfStream: bool): DataStatus {
    if (this.state == State.Refused) return DataStatus.StopIterationNoBuffer;
    if (this.state != State.Editing) {
      return this.state == State.Waiting
        ? DataStatus.StopIterationAndWatermark
        : DataStatus.Continue;
    }
    const request = this.request;
    const fault = request.editChunk(<u32>size, endOfStream);
    if (fault != NO_FAULT) return this.refuseBody(fault);
    this.call.modelName = request.model;
    if (request.isWaiting) return DataStatus.StopIterationAndWatermark;
    if (endOfStream) this.endRequest();
    return DataStatus.Continue;
  }

  // With trailers, no body callback has `endOfStream` set.
  onRequestTrailers(_count: u32): TrailersStatus {
    if (this.state == State.Untouched) return TrailersStatus.Continue;
    if (this.state <= State.Waiting) return TrailersStatus.StopIteration;
    const fault = this.request.faultAtTrailers();
    if (fault != NO_FAULT) {
      this.refuseBody(fault);
      return TrailersStatus.StopIteration;
    }
    this.endRequest();
    clearHeaders(HeaderMap.RequestTrailers);
    return TrailersStatus.Continue;
  }

  private endRequest(): void {
    this.state = State.Forwarding;
    this.request.endBody();
  }

  onResponseHeaders(_count: u32, endOfStream: bool): HeadersStatus {
    if (!this.isForwarded()) return HeadersStatus.Continue;
    if (!this.keepsItsKey()) return this.refuseHeaders(ErrorCode.ProviderMisconfigured);
    const request = this.request;
    this.answer.begin(request.credential, request.hasUsage, request.asksForUsage);
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
    cleanTrailers(this.request.credential);
    return TrailersStatus.Continue;
  }

  // The access log is written after this callback, so that it has what is set here.
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
    call.expectsUsage = this.request.hasUsage && answer.status - 200 < 100;
    if (answer.firstEventAt != 0) call.firstEvent = call.millisecondsTo(answer.firstEventAt);
  }

  onDelete(): void {
    if (this.state == State.Waiting) this.root.letGo(this);
    // The key may have been sent even if no answer came.
    this.keepsItsKey();
    this.request.endBody();
    this.root.release(this);
  }

  // Whether the answer is the provider's, or Envoy's own.
  private isForwarded(): bool {
    return this.state >= State.Waiting;
  }

  private keepsItsKey(): bool {
    return this.request.keepsItsKey(this.root.misroutedCounter);
  }

  // Comes before the local reply is sent. From within that call the reply may pass through the
  // response callbacks and end the stream: nothing of the stream is touched after it.
  private noteRefusal(code: ErrorCode): void {
    this.state = State.Refused;
    this.call.refusal = code;
  }

  private refuseHeaders(code: ErrorCode): HeadersStatus {
    this.noteRefusal(code);
    refuse(code);
    return HeadersStatus.StopIteration;
  }

  private refuseMethodOf(hasBody: bool): HeadersStatus {
    this.noteRefusal(ErrorCode.MethodNotAllowed);
    refuseMethod(hasBody);
    return HeadersStatus.StopIteration;
  }

  private refuseBody(code: ErrorCode): DataStatus {
    this.noteRefusal(code);
    refuse(code, this.request.culprit);
    return DataStatus.StopIterationNoBuffer;
  }
}
