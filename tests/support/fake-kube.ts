// A Kubernetes API in memory, as far as the controller calls it: lists with pages, watches, writes
// with resourceVersion, and failures on demand.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Access, KubeObject } from "../../src/kube/client.ts";

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: KubeObject | undefined;
}

interface Change {
  type: "ADDED" | "MODIFIED" | "DELETED";
  version: number;
  target: Target;
  object: KubeObject;
}

interface Watch {
  scope: Scope;
  response: ServerResponse;
}

/** What a list or a watch covers. */
interface Scope {
  collection: string;
  /** Empty: all. */
  namespace: string;
  labelSelector: string;
  fieldSelector: string;
}

/** The parts of a path such as `/apis/g/v1/namespaces/n/things/name/status`. */
interface Target {
  /** `/apis/g/v1/things`. */
  collection: string;
  namespace: string;
  name: string;
  isStatus: boolean;
}

type Refusal = { status: number; reason?: string; message?: string; body?: object };

export class FakeKube {
  /** All requests, in order. */
  readonly requests: Request[] = [];
  /** Responds in place of the API, or delays it, if it returns something. */
  intercept: (request: Request) => Refusal | undefined | Promise<Refusal | undefined> = () =>
    undefined;
  /** The number of items in a page, however many are requested. */
  pageSize = Infinity;
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Set<Watch>();
  #changes: Change[] = [];
  #version = 100;
  readonly #server: Server;
  /** For a client of this API. */
  readonly access: Access;

  private constructor(server: Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.access = { server: `http://127.0.0.1:${port}`, authorize: () => Promise.resolve() };
  }

  static async start(): Promise<FakeKube> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const fake = new FakeKube(server);
    server.on("request", (incoming, response) => void fake.#serve(incoming, response));
    return fake;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** The object at a path, such as `/apis/g/v1/namespaces/n/things/name`. */
  at(path: string): KubeObject | undefined {
    return this.#objects.get(path);
  }

  /** All objects whose path contains a text, by path. */
  paths(text: string): string[] {
    return [...this.#objects.keys()].filter((path) => path.includes(text)).sort();
  }

  /** Creates or replaces an object, as another client of the API would. */
  put(collection: string, object: object, manager = "kubectl"): KubeObject {
    const { metadata } = object as KubeObject;
    const path = pathOf({ ...parse(collection), ...named(metadata) });
    return this.#store(path, object as KubeObject, manager);
  }

  /** Removes an object, as another client of the API would. */
  remove(path: string): void {
    const object = this.#objects.get(path);
    if (object === undefined) throw new Error(`${path} is not there`);
    this.#objects.delete(path);
    this.#emit("DELETED", path, { ...object, metadata: { ...object.metadata, ...this.#next() } });
  }

  /** Removes all objects of a collection without an event, as a restore of etcd would. */
  lose(collection: string): void {
    const prefix = `${collection.slice(0, collection.lastIndexOf("/"))}/`;
    const plural = collection.slice(collection.lastIndexOf("/"));
    for (const path of this.#objects.keys()) {
      if (path.startsWith(prefix) && path.includes(`${plural}/`)) this.#objects.delete(path);
    }
    this.dropWatches();
  }

  /** Sends an event to all watches. */
  send(event: object): void {
    for (const { response } of this.#watches) response.write(`${JSON.stringify(event)}\n`);
  }

  /** Ends all watches, as the API does from time to time. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Breaks off all watches, and forgets their past: the next watch of an old version gets 410. */
  dropWatches(): void {
    this.#changes = [];
    this.#version += 1;
    for (const { response } of this.#watches) response.destroy();
  }

  /** The number of requests of a method whose path matches. */
  count(method: string, path: RegExp): number {
    return this.requests.filter((each) => each.method === method && path.test(each.path)).length;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "", "http://fake");
    let text = "";
    for await (const chunk of incoming) text += String(chunk);
    const body = text === "" ? undefined : (JSON.parse(text) as KubeObject);
    const { method = "" } = incoming;
    const request = { method, path: url.pathname, query: url.searchParams, body };
    this.requests.push(request);
    const refusal = await this.intercept(request);
    if (refusal !== undefined) return refuse(response, refusal);
    if (method === "GET" && url.searchParams.get("watch") === "true")
      this.#watch(request, response);
    else this.#answer(request, response);
  }

  #answer(request: Request, response: ServerResponse): void {
    const target = parse(request.path);
    const result =
      request.method === "GET" && target.name === ""
        ? this.#list(target, request.query)
        : this.#change(request, target);
    if ("status" in result && typeof result["status"] === "number") {
      return refuse(response, result as Refusal);
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(result));
  }

  #change({ method, path, query, body }: Request, target: Target): object {
    const manager = query.get("fieldManager") ?? "unknown";
    if (method === "POST" && body !== undefined) {
      const whole = pathOf({ ...target, ...named(body.metadata) });
      if (this.#objects.has(whole)) return { status: 409, reason: "AlreadyExists" };
      return this.#store(whole, body, manager);
    }
    const place = target.isStatus ? path.replace(/\/status$/, "") : path;
    const old = this.#objects.get(place);
    if (old === undefined) return { status: 404, reason: "NotFound" };
    if (method === "GET") return old;
    if (method === "DELETE") {
      this.remove(place);
      return {};
    }
    if (method === "PATCH") return this.#store(place, { ...old, ...body }, manager);
    const { resourceVersion } = body?.metadata ?? {};
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      return { status: 409, reason: "Conflict", message: "the object has been modified" };
    }
    return this.#store(place, body ?? old, manager);
  }

  #store(path: string, object: KubeObject, manager: string): KubeObject {
    const old = this.#objects.get(path);
    const same = (field: string) => JSON.stringify(old?.[field]) === JSON.stringify(object[field]);
    const generation = old?.metadata.generation ?? 0;
    const { managedFields = old?.metadata.managedFields ?? [] } = object.metadata;
    const managers = new Set([...managedFields.map((each) => each.manager), manager]);
    const stored: KubeObject = {
      ...object,
      metadata: {
        creationTimestamp: new Date(this.#version * 1000).toISOString(),
        uid: randomUUID(),
        ...old?.metadata,
        ...object.metadata,
        ...this.#next(),
        generation: same("spec") ? generation || 1 : generation + 1,
        managedFields: [...managers].map((each) => ({ manager: each })),
      },
    };
    this.#objects.set(path, stored);
    this.#emit(old === undefined ? "ADDED" : "MODIFIED", path, stored);
    return stored;
  }

  #next(): { resourceVersion: string } {
    this.#version += 1;
    return { resourceVersion: String(this.#version) };
  }

  #emit(type: Change["type"], path: string, object: KubeObject): void {
    const change = { type, version: this.#version, target: parse(path), object };
    this.#changes.push(change);
    for (const watch of this.#watches) deliver(change, watch);
  }

  #list(target: Target, query: URLSearchParams): object {
    const scope = scopeOf(target, query);
    const all = [...this.#objects].filter(([path, object]) => covers(scope, parse(path), object));
    const from = Number(query.get("continue") ?? 0);
    const end = from + Math.min(this.pageSize, Number(query.get("limit") ?? Infinity));
    const kind = all[0]?.[1].kind ?? "Thing";
    return {
      kind: `${kind}List`,
      apiVersion: target.collection.split("/").slice(2, -1).join("/"),
      metadata: {
        resourceVersion: String(this.#version),
        ...(end < all.length ? { continue: String(end) } : {}),
      },
      items: all.slice(from, end).map(([, object]) => toItem(object)),
    };
  }

  #watch({ path, query }: Request, response: ServerResponse): void {
    const from = Number(query.get("resourceVersion"));
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const oldest = this.#changes[0]?.version ?? this.#version;
    if (from < oldest - 1) {
      const object = { code: 410, reason: "Expired", message: "too old resource version" };
      return void response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
    }
    const watch = { scope: scopeOf(parse(path), query), response };
    for (const change of this.#changes) if (change.version > from) deliver(change, watch);
    this.#watches.add(watch);
    response.on("close", () => this.#watches.delete(watch));
  }
}

// An object that no longer has a label is gone for those who asked for the label.
function deliver({ type, target, object }: Change, { scope, response }: Watch): void {
  if (!covers({ ...scope, labelSelector: "" }, target, object)) return;
  const isThere = covers(scope, target, object);
  if (!isThere && type === "ADDED") return;
  const event = { type: isThere ? type : "DELETED", object };
  response.write(`${JSON.stringify(event)}\n`);
}

function scopeOf({ collection, namespace }: Target, query: URLSearchParams): Scope {
  const labelSelector = query.get("labelSelector") ?? "";
  return { collection, namespace, labelSelector, fieldSelector: query.get("fieldSelector") ?? "" };
}

function covers(scope: Scope, target: Target, object: KubeObject): boolean {
  const { collection, namespace, labelSelector, fieldSelector } = scope;
  const isInside = namespace === "" || namespace === target.namespace;
  const isNamed = fieldSelector === "" || fieldSelector === `metadata.name=${target.name}`;
  if (collection !== target.collection || !isInside || !isNamed) return false;
  return labelSelector.split(",").every((each) => isSelected(object, each));
}

// The items of a list don't say their kind.
function toItem(object: KubeObject): object {
  return { ...object, kind: undefined, apiVersion: undefined };
}

function isSelected({ metadata }: KubeObject, selector: string): boolean {
  if (selector === "") return true;
  const [name = "", value = ""] = selector.split(/!?=/);
  return (metadata.labels?.[name] === value) === !selector.includes("!=");
}

// `/api/v1` is the core group.
function parse(path: string): Target {
  const [, apis = "", ...parts] = path.split("/");
  const group = parts.slice(0, apis === "api" ? 1 : 2);
  const rest = parts.slice(group.length);
  const [namespace = "", ...own] = rest[0] === "namespaces" ? rest.slice(1) : ["", ...rest];
  const [plural = "", name = "", status] = own;
  const collection = `/${[apis, ...group, plural].join("/")}`;
  return { collection, namespace, name, isStatus: status === "status" };
}

// The only kind outside of namespaces that the controller knows.
const clusterKind = "/validatingwebhookconfigurations";

function pathOf({ collection, namespace, name }: Omit<Target, "isStatus">): string {
  if (collection.endsWith(clusterKind)) return `${collection}/${name}`;
  return collection.replace(/([^/]+)$/, `namespaces/${namespace}/$1/${name}`);
}

function named({ namespace = "default", name }: KubeObject["metadata"]) {
  return { namespace, name };
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, reason = "", message = "", body } = refusal;
  response.statusCode = status;
  response.end(JSON.stringify(body ?? { kind: "Status", code: status, reason, message }));
}
