// How the plugin configuration describes an endpoint: `METHODS BODY PATH`, such as
// `GET,DELETE none /responses/*`. Plain declarations without imports, read by both compilers.

/** The methods that an endpoint may have. */
export const endpointMethods: string[] = ["POST", "GET", "DELETE", "PUT", "PATCH", "HEAD"];

/** What the body of a request is, and so which settings apply to it. */
export const enum EndpointBody {
  /** Chat and legacy completions. */
  Completions,
  Responses,
  Messages,
  /** JSON of which only the model is judged. */
  Model,
  /** The same, and answers have no usage that is billed. */
  Free,
  /** Passes untouched. */
  Any,
  /** Passes untouched; the path is the whole path at the provider. */
  Own,
  /** No body is accepted. */
  None,
  /** The same, and the settings may have the answer. */
  List,
}

/** In the order of EndpointBody. */
export const endpointBodies: string[] = [
  "completions",
  "responses",
  "messages",
  "model",
  "free",
  "any",
  "own",
  "none",
  "list",
];
