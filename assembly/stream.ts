// One request and its answer: Envoy's callbacks, in the order in which Envoy calls them. Comes in:
// headers, chunks, trailers; goes out: what the provider gets and what the client gets, each
// forwarded in the callback that brought it, and at the end metrics and the access log's fields.
// Kept between calls: the fields below.

import { EndpointBody } from "../contract/endpoints";
import { ErrorCode } from "../contract/errors";
import { Outcome } from "../contract/telemetry";
import { Cluster, Config, Provider, Settings } from "./config/config";
import { Endpoint } from "./config/endpoint";
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
import { isTrial, shortestRest } from "./keys/api-key";
import { answerWith, NO_FAULT, refuse, refuseForNow, refuseMethod, statusOf } from "./refuse";
import { logCall } from "./report/access-log";
import { Call } from "./report/call";
import { countCall } from "./report/metrics";
import { outcomeOf } from "./report/outcome";
import { modelLabel } from "./report/model";
import { readSource } from "./report/source";
import { EditedRequest } from "./request/edited-request";
import { logServed, RequestHeaders } from "./request/headers";
import { allowedMethods, findEndpoint, writeUpstreamPath } from "./request/path";
import { findCluster, routeTo, settingsFor } from "./request/provider";
import { Answer } from "./response/answer";
import { cleanTrailers } from "./response/headers";
import { Bytes } from "./bytes/bytes";
import { EgressRoot } from "./root";

const enum State {
  /** Not a request to a provider: passes through untouched. */
  Untouched,
  /** The request waits for its key: Envoy holds all of it. */
  Waiting,
  /** The body passes through the editor. */
  Editing,
  /** The body passes untouched. */
  Passing,
  /** Nothing is left to do with the request. */
  Forwarding,
  /** Refused by the filter. Its local reply comes back through the response callbacks. */
  Refused,
  /** Answered by the filter, in the same way. */
  Answered,
}

function planFor(body: EndpointBody, settings: Settings): EditPlan {
  if (body == EndpointBody.Completions) return settings.completions;
  if (body == EndpointBody.Responses) return settings.responses;
  return body == EndpointBody.Messages ? settings.messages : settings.others;
}

// The bits of these methods, by their index in endpointMethods.
const POST: u32 = 1;
const GET_OR_HEAD: u32 = 0b100010;

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
    this.request.credential = settings.credential;
    if (!settings.isUsable && !this.findKey(settings, endOfStream)) {
      return HeadersStatus.StopIteration;
    }
    this.request.settings = settings;
    headers.read(this.config);
    if (!headers.isAddressedPlainly) {
      logServed(this.config.authorities);
      return this.refuseHeaders(ErrorCode.MisdirectedRequest);
    }
    return this.direct(cluster, provider, settings, endOfStream);
  }

  private direct(
    cluster: Cluster,
    provider: Provider,
    settings: Settings,
    endOfStream: bool,
  ): HeadersStatus {
    if (headers.isUpgrade) return this.refuseHeaders(ErrorCode.UpgradeNotSupported);
    const pathStart = headers.pathStart;
    const pathEnd = headers.pathEnd;
    const endpoint = findEndpoint(provider, headers.method, pathStart, pathEnd);
    if (endpoint === null) return this.refuseEndpoint();
    const modelList = settings.modelList;
    if (endpoint.body == EndpointBody.List && modelList !== null)
      return this.answerItself(modelList);
    const fault = this.expectBody(endpoint, settings, endOfStream);
    if (fault != NO_FAULT) return this.refuseHeaders(fault);
    writeUpstreamPath(provider.path, endpoint, pathStart, pathEnd);
    headers.edit(this.config, provider, settings, this.request.credential);
    this.request.noteKey(cluster);
    return HeadersStatus.Continue;
  }

  // The slow way to a key. False if the request waits for one, or is refused.
  private findKey(settings: Settings, endOfStream: bool): bool {
    if (settings.fault.length != 0) {
      this.refuseHeaders(ErrorCode.ProviderMisconfigured);
    } else if (settings.hasKey) {
      const credential = settings.nextKey();
      this.request.credential = credential;
      this.call.isTrial = isTrial;
      if (credential !== null) return true;
      this.noteRefusal(ErrorCode.KeysExhausted);
      refuseForNow(ErrorCode.KeysExhausted, (shortestRest + 999) / 1000);
    } else if (this.root.hold(this, endOfStream)) {
      this.state = State.Waiting;
    } else {
      this.refuseHeaders(ErrorCode.KeyUnavailable);
    }
    return false;
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

  // Decides what becomes of the body. An ErrorCode, or NO_FAULT.
  private expectBody(endpoint: Endpoint, settings: Settings, endOfStream: bool): i32 {
    const body = endpoint.body;
    const request = this.request;
    this.state = State.Forwarding;
    // Some servers don't read what follows a GET, and take it for the next request.
    if (body >= EndpointBody.None || (headers.method & GET_OR_HEAD) != 0) {
      return endOfStream ? NO_FAULT : ErrorCode.InvalidParameter;
    }
    // Requests without a body repeat answers whose usage has been counted.
    request.readsUsage = headers.method == POST && body != EndpointBody.Free;
    request.hasUsage = body <= EndpointBody.Model;
    const maxBytes = settings.maxRequestBytes;
    if (body >= EndpointBody.Any) {
      if (!endOfStream) this.state = State.Passing;
      return headers.lengthFault(maxBytes);
    }
    const fault = headers.jsonFault(maxBytes, endOfStream);
    if (fault != NO_FAULT) return fault;
    const plan = planFor(body, settings);
    request.expectBody(plan, headers.contentLength);
    headers.describeBody(plan.blockBytes);
    this.state = State.Editing;
    return NO_FAULT;
  }

  onRequestBody(size: usize, endOfStream: bool): DataStatus {
    if (this.state >= State.Refused) return DataStatus.StopIterationNoBuffer;
    const isPassing = this.state == State.Passing;
    if (!isPassing && this.state != State.Editing) {
      return this.state == State.Waiting
        ? DataStatus.StopIterationAndWatermark
        : DataStatus.Continue;
    }
    const request = this.request;
    const fault = isPassing
      ? request.countChunk(<u32>size)
      : request.editChunk(<u32>size, endOfStream);
    if (fault != NO_FAULT) return this.refuseBody(fault);
    this.call.modelName = request.model;
    if (request.isWaiting) return DataStatus.StopIterationAndWatermark;
    if (endOfStream) this.endRequest();
    return DataStatus.Continue;
  }

  // With trailers, no body callback has `endOfStream` set.
  onRequestTrailers(_count: u32): TrailersStatus {
    if (this.state >= State.Refused) return TrailersStatus.StopIteration;
    if (this.state == State.Untouched) return TrailersStatus.Continue;
    if (this.state == State.Waiting) return TrailersStatus.StopIteration;
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
    this.answer.begin(
      request.credential,
      request.settings.secrets,
      request.readsUsage,
      request.asksForUsage,
    );
    this.answer.isComplete = endOfStream;
    const credential = request.credential;
    if (credential !== null && credential.owner !== null) {
      const key = credential.owner!;
      key.judge(credential, this.answer.status, this.call.isTrial);
      this.call.keyPosition = <u8>key.position;
    }
    return HeadersStatus.Continue;
  }

  onResponseBody(size: usize, endOfStream: bool): DataStatus {
    if (this.isForwarded()) this.answer.pass(<u32>size, endOfStream);
    return DataStatus.Continue;
  }

  onResponseTrailers(_count: u32): TrailersStatus {
    if (!this.isForwarded()) return TrailersStatus.Continue;
    this.answer.isComplete = true;
    cleanTrailers(this.request.credential, this.request.settings.secrets);
    return TrailersStatus.Continue;
  }

  // The access log is written after this callback, so that it has what is set here.
  onLog(): void {
    if (this.state == State.Untouched) return;
    const call = this.call;
    call.source = readSource(this.config.maxSources);
    call.duration = call.millisecondsTo(now());
    if (this.state == State.Refused) {
      call.outcome = Outcome.Rejected;
      call.status = statusOf(call.refusal);
    } else if (this.state == State.Answered) {
      call.outcome = Outcome.Ok;
      call.status = 200;
      call.expectsUsage = false;
    } else {
      this.describeAnswer(call, this.answer);
    }
    call.model = modelLabel(call, this.config.models, this.config.maxModels);
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
    return this.state >= State.Waiting && this.state <= State.Forwarding;
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

  private refuseEndpoint(): HeadersStatus {
    if (allowedMethods == 0) return this.refuseHeaders(ErrorCode.UnknownEndpoint);
    this.noteRefusal(ErrorCode.MethodNotAllowed);
    refuseMethod(allowedMethods);
    return HeadersStatus.StopIteration;
  }

  private answerItself(json: Bytes): HeadersStatus {
    this.state = State.Answered;
    answerWith(json);
    return HeadersStatus.StopIteration;
  }

  private refuseBody(code: ErrorCode): DataStatus {
    this.noteRefusal(code);
    refuse(code, this.request.culprit);
    return DataStatus.StopIterationNoBuffer;
  }
}
