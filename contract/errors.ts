// The filter's own error responses. Plain declarations without imports, read by both compilers.

/** Why a request is refused. docs/errors.md has the meanings. */
export const enum ErrorCode {
  InvalidJson,
  JsonTooDeep,
  MissingBody,
  DuplicateMember,
  InvalidParameter,
  ModelTooLate,
  ModelNotAllowed,
  UnknownEndpoint,
  MethodNotAllowed,
  RequestTooLarge,
  UnsupportedContentEncoding,
  MisdirectedRequest,
  UpgradeNotSupported,
  ProviderMisconfigured,
  KeyUnavailable,
  KeysExhausted,
}

/** One way to refuse a request. */
export class FilterError {
  constructor(
    /** The HTTP status. */
    public status: number,
    /**
     * `error.code` of the response, and after `detailsPrefix` Envoy's `%RESPONSE_CODE_DETAILS%`.
     */
    public code: string,
    /** `error.message` of the response. */
    public message: string,
  ) {}
}

/** What comes before the code in `%RESPONSE_CODE_DETAILS%`. */
export const detailsPrefix: string = "llm_egress_";

/** In the order of ErrorCode. */
export const filterErrors: FilterError[] = [
  new FilterError(400, "invalid_json", "The request body is not a valid JSON object."),
  new FilterError(400, "json_too_deep", "The request body is nested too deeply."),
  new FilterError(400, "missing_body", "The request has no body; a JSON object is required."),
  new FilterError(400, "duplicate_member", "The request body has this member twice."),
  new FilterError(400, "invalid_parameter", "This parameter has a value that is not accepted."),
  new FilterError(
    400,
    "model_too_late",
    "This parameter depends on the model: send it after model.",
  ),
  new FilterError(403, "model_not_allowed", "This model is not available here."),
  new FilterError(404, "unknown_endpoint", "There is no such endpoint."),
  new FilterError(405, "method_not_allowed", "This method is not allowed at this endpoint."),
  new FilterError(413, "request_too_large", "The request body is too large."),
  new FilterError(
    415,
    "unsupported_content_encoding",
    "A compressed request body is not accepted.",
  ),
  new FilterError(421, "misdirected_request", "This host is not served here under that name."),
  new FilterError(426, "upgrade_not_supported", "Upgrades are not supported: use HTTP requests."),
  new FilterError(
    503,
    "provider_misconfigured",
    "This provider is not available: see the gateway's log.",
  ),
  new FilterError(503, "key_unavailable", "The key of this provider is not available."),
  new FilterError(429, "keys_exhausted", "All keys of this provider are limited."),
];
