// Decodes the plugin configuration (its types: contract/plugin-config.ts). Comes in: JSON bytes;
// goes out: a Config, or why the whole of it is unusable. A fault within one provider affects only
// that provider: its requests get 503, and the others work. Nothing is kept between calls.

import { isHeaderName, isPath, isPrintable } from "../../contract/characters";
import { removedHeaders } from "../../contract/edited-headers";
import { endpointBodies, EndpointBody, endpointMethods } from "../../contract/endpoints";
import { DEFAULT_MODELS, DEFAULT_SOURCES, MAX_MODELS, MAX_SOURCES } from "../../contract/limits";
import {
  configFields,
  pluginVersion,
  providerFields,
  routeFields,
  settingsFields,
} from "../../contract/plugin-fields";
import {
  Bytes,
  bytesOf,
  decimal,
  endsWith,
  find,
  lowerBytes,
  NOT_WHOLE,
  parseWhole,
} from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { EditPlan } from "../edit/edit-plan";
import { ApiKey } from "../keys/api-key";
import { labelOf } from "../labels";
import { Checker, itemPath } from "./checker";
import {
  Cluster,
  Config,
  Provider,
  ProviderPath,
  RouteSettings,
  SetHeader,
  Settings,
} from "./config";
import { decodeKeys, decodeKeyServer, registerKeys, resolveInto } from "./decode-keys";
import { Endpoint } from "./endpoint";
import { decodePlans } from "./decode-plans";
import { buildJson, findJsonFault, JsonValue, Kind } from "./json-value";
import { queryNames } from "./query";

const VERSION = decimal(pluginVersion);
const CHAT_COMPLETIONS = bytesOf("/chat/completions");

/** A Config, or in `fault` what is wrong, and where. */
export class Decoded {
  config: Config | null = null;
  fault: string = "";
}

/** Decodes the JSON text from `start` to `end`. READ_AHEAD_BYTES must follow it. */
export function decodeConfig(start: usize, end: usize): Decoded {
  const decoded = new Decoded();
  const jsonFault = findJsonFault(start, end);
  if (jsonFault != end) {
    decoded.fault = "byte " + decimal(jsonFault - start) + ": not a JSON object";
    return decoded;
  }
  const checker = new Checker();
  const config = decodeRoot(buildJson(start, end), checker);
  decoded.fault = checker.fault;
  if (checker.fault.length == 0) decoded.config = config;
  return decoded;
}

function decodeRoot(root: JsonValue, checker: Checker): Config {
  const config = new Config();
  const version = root.get("version");
  if (version === null || version.kind != Kind.Number || version.text != VERSION) {
    checker.fail("version", "must be " + VERSION);
    return config;
  }
  checker.isObject(root, "$", configFields);
  const authorities = checker.texts(root, "authorities", "$");
  for (let i = 0; i < authorities.length; i++) {
    config.authorities.push(lowerBytes(authorities[i]));
  }
  config.maxSources = atMost(
    MAX_SOURCES,
    DEFAULT_SOURCES,
    wholeNumber(root, "maxSources", "$", checker),
  );
  config.maxModels = atMost(
    MAX_MODELS,
    DEFAULT_MODELS,
    wholeNumber(root, "maxModels", "$", checker),
  );
  decodeKeyServer(config, root, checker);
  const unserved = checker.texts(root, "unservedClusters", "$");
  for (let i = 0; i < unserved.length; i++) {
    config.clusters.set(unserved[i], new Cluster(unserved[i], null));
  }
  for (let i = 0; i < removedHeaders.length; i++)
    config.removedHeaders.add(bytesOf(removedHeaders[i]));
  const sets = checker.list(root, "endpoints", "$");
  for (let i = 0; i < sets.length; i++) config.endpoints.push(decodeEndpoints(sets[i], checker));
  const providers = checker.list(root, "providers", "$");
  for (let i = 0; i < providers.length; i++) {
    decodeProvider(config, providers[i], itemPath("$", "providers", i), checker);
  }
  return config;
}

// A provider without a name or a cluster can't answer 503, so that the fault is the whole
// configuration's.
function decodeProvider(config: Config, value: JsonValue, path: string, root: Checker): void {
  if (value.kind != Kind.Object) {
    root.fail(path, "must be an object");
    return;
  }
  const own = new Checker();
  own.isObject(value, path, providerFields);
  const name = root.requiredText(value, "name", path);
  const providerPath = decodePath(own.requiredText(value, "path", path), path, own);
  const settings = decodeSettings(value.get("settings"), path + ".settings", own);
  const provider = new Provider(name, providerPath, settings);
  const set = wholeNumber(value, "endpoints", path, own);
  if (set < <u64>config.endpoints.length) provider.endpoints = config.endpoints[<i32>set];
  else own.fail(path + ".endpoints", "must be the index of a set");
  const removed = own.texts(value, "removedHeaders", path);
  for (let i = 0; i < removed.length; i++) config.removedHeaders.add(bytesOf(removed[i]));
  decodeHeaders(provider, value, "setHeaders", own);
  decodeHeaders(provider, value, "secretHeaders", own);
  for (let i = 0; i < provider.setHeaders.length; i++) {
    config.removedHeaders.add(provider.setHeaders[i].name);
  }
  decodeHeaders(provider, value, "defaultHeaders", own);
  settings.setHeaders = provider.setHeaders;
  register(config, settings, name);
  decodeRoutes(config, provider, value, own);
  const route = own.optionalText(value, "route", path);
  if (route !== null) provider.route = labelOf(route);
  provider.fault = own.fault;
  if (own.fault.length != 0) config.faults.push(name + " answers 503: " + own.fault);
  const clusters = root.texts(value, "clusters", path);
  if (clusters.length == 0) root.fail(path + ".clusters", "must name at least one cluster");
  for (let i = 0; i < clusters.length; i++) {
    if (config.clusters.has(clusters[i])) {
      root.fail(itemPath(path, "clusters", i), "also leads to another provider");
    }
    config.clusters.set(clusters[i], new Cluster(clusters[i], provider));
  }
}

function decodeHeaders(provider: Provider, value: JsonValue, key: string, own: Checker): void {
  const headers = value.get(key);
  if (headers === null) return;
  const isDefault = key == "defaultHeaders";
  for (let i = 0; i < headers.keys.length; i++) {
    const name = headers.keys[i];
    const text = own.requiredText(headers, name, key);
    const value = new ApiKey(key == "secretHeaders" ? text : "");
    if (!isHeaderName(name)) own.fail(key, "");
    const fault = value.reference.length == 0 ? resolveInto(value, "", text) : "";
    if (fault.length != 0) own.fail(key, fault);
    provider.setHeaders.push(new SetHeader(lowerBytes(name), value, isDefault));
  }
}

function decodeEndpoints(set: JsonValue, checker: Checker): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (let i = 0; i < set.items.length; i++) {
    const parts = set.items[i].text.split(" ");
    const body = parts.length == 3 ? endpointBodies.indexOf(parts[1]) : -1;
    const methods = parts[0].split(",");
    let mask: u32 = 0;
    for (let m = 0; m < methods.length; m++) mask |= 1 << endpointMethods.indexOf(methods[m]);
    if (body < 0 || !parts[2].startsWith("/")) checker.fail("$.endpoints", "has an unknown form");
    else endpoints.push(new Endpoint(mask, <EndpointBody>body, parts[2]));
  }
  return endpoints;
}

function reserveBlock(config: Config, plan: EditPlan): void {
  config.longestBlockBytes = max(config.longestBlockBytes, <usize>plan.blockBytes);
}

function decodeRoutes(config: Config, provider: Provider, value: JsonValue, own: Checker): void {
  const routes = own.list(value, "routes", provider.name);
  for (let i = 0; i < routes.length; i++) {
    const path = itemPath(provider.name, "routes", i);
    if (!own.isObject(routes[i], path, routeFields)) continue;
    const name = own.requiredText(routes[i], "name", path);
    const settings = decodeSettings(routes[i].get("settings"), path + ".settings", own);
    settings.setHeaders = provider.setHeaders;
    register(config, settings, provider.name + " on route " + name);
    if (!provider.routes.has(name)) provider.routes.set(name, []);
    const others = provider.routes.get(name);
    const route = new RouteSettings(decodeSources(routes[i], path, own), settings);
    for (let other = 0; other < others.length; other++) {
      if (route.sources === null || others[other].sources === null) own.fail(path, REPEATED);
    }
    others.push(route);
  }
}

const REPEATED = "names a route that has other settings";

// Istio's name of the configuration that a route comes from ends with the namespace, the kind and
// the name of a VirtualService.
function decodeSources(route: JsonValue, path: string, checker: Checker): Bytes[] | null {
  if (route.get("virtualServices") === null) return null;
  const names = checker.texts(route, "virtualServices", path);
  const sources: Bytes[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const slash = name.indexOf("/");
    const end = "/virtual-service" + name.substring(slash);
    sources.push(bytesOf("/namespaces/" + name.substring(0, slash) + end));
  }
  return sources;
}

// Collects what the filter needs to know about all settings.
function register(config: Config, settings: Settings, owner: string): void {
  config.removedHeaders.add(settings.authHeader);
  nameModels(config, settings);
  reserveBlock(config, settings.completions);
  reserveBlock(config, settings.responses);
  reserveBlock(config, settings.messages);
  reserveBlock(config, settings.others);
  registerKeys(config, settings, owner);
  if (settings.fault.length != 0) config.faults.push(owner + " answers 503: " + settings.fault);
}

function nameModels(config: Config, settings: Settings): void {
  const modelName = settings.completions.modelName;
  if (modelName !== null) config.nameModel(modelName);
  const rules = settings.others.members[0].models!;
  for (let i = 0; i < rules.aliases.length; i++) config.nameModel(rules.aliases[i].modelName);
  const allow = rules.allow;
  if (allow === null) return;
  for (let i = 0; i < allow.length; i++) {
    const start = changetype<usize>(allow[i]);
    const end = start + allow[i].byteLength;
    const isName = find(Char.Star, start, end) == end && find(Char.Question, start, end) == end;
    if (isName) config.nameModel(allow[i]);
  }
}

function decodePath(path: string, at: string, checker: Checker): ProviderPath {
  if (!path.startsWith("/")) checker.fail(at + ".path", "must begin with a slash");
  else if (!isPath(path)) checker.fail(at + ".path", "has a character that no path can have");
  const bytes = bytesOf(path);
  const start = changetype<usize>(bytes);
  const end = start + bytes.byteLength;
  const pathEnd = find(Char.Question, start, end);
  const pathBytes = <i32>(pathEnd - start);
  const query = pathEnd == end ? new ArrayBuffer(0) : bytes.slice(pathBytes + 1);
  const base: Bytes | null = endsWith(CHAT_COMPLETIONS, start, pathEnd)
    ? bytes.slice(0, pathBytes - CHAT_COMPLETIONS.byteLength)
    : null;
  return new ProviderPath(bytes.slice(0, pathBytes), base, query, queryNames(query));
}

function decodeSettings(value: JsonValue | null, path: string, checker: Checker): Settings {
  const settings = value === null ? new JsonValue(Kind.Object) : value;
  checker.isObject(value, path, settingsFields);
  const decoded = decodePlans(settings, path, checker);
  const modelList = checker.optionalText(settings, "modelList", path);
  if (modelList !== null) decoded.modelList = bytesOf(modelList);
  decodeCredential(decoded, settings, path, checker);
  decoded.maxRequestBytes = wholeNumber(settings, "maxRequestBytes", path, checker);
  return decoded;
}

// A number of labels.
function atMost(most: i32, byDefault: i32, given: u64): i32 {
  return given == NOT_WHOLE ? byDefault : <i32>min(given, <u64>most);
}

// A whole number, or U64.MAX_VALUE if there is none.
function wholeNumber(object: JsonValue, key: string, path: string, checker: Checker): u64 {
  const value = object.get(key);
  if (value === null) return U64.MAX_VALUE;
  const number = value.kind == Kind.Number ? parseWholeText(value.text) : NOT_WHOLE;
  if (number == NOT_WHOLE) checker.fail(path + "." + key, "must be a whole number");
  return number;
}

function decodeCredential(
  into: Settings,
  settings: JsonValue,
  path: string,
  checker: Checker,
): void {
  const header = checker.requiredText(settings, "authHeader", path);
  if (!isHeaderName(header)) checker.fail(path + ".authHeader", "is not a valid header name");
  into.authHeader = lowerBytes(header);
  const prefix = checker.optionalText(settings, "authPrefix", path);
  if (prefix !== null && !isPrintable(prefix)) {
    checker.fail(path + ".authPrefix", "contains a character that is not printable ASCII");
  }
  into.authPrefix = prefix === null ? "" : prefix;
  decodeKeys(into, settings, path, checker);
}

function parseWholeText(text: string): u64 {
  const bytes = bytesOf(text);
  const start = changetype<usize>(bytes);
  return parseWhole(start, start + bytes.byteLength);
}
