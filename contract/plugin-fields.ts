// The fields of the plugin configuration, by the types in plugin-config.ts. The filter refuses all
// others. Plain declarations without imports, read by both compilers.

/** The filter refuses a configuration of another version. */
export const pluginVersion = 1;

export const configFields: string[] = [
  "version",
  "authorities",
  "maxSources",
  "maxModels",
  "keyServer",
  "revision",
  "unservedClusters",
  "endpoints",
  "providers",
];

export const keyServerFields: string[] = ["cluster"];

export const providerFields: string[] = [
  "name",
  "clusters",
  "path",
  "endpoints",
  "removedHeaders",
  "setHeaders",
  "secretHeaders",
  "defaultHeaders",
  "route",
  "settings",
  "routes",
];

export const routeFields: string[] = ["name", "virtualServices", "settings"];

export const settingsFields: string[] = [
  "apiKey",
  "apiKeySecretRef",
  "apiKeys",
  "authHeader",
  "authPrefix",
  "maxRequestBytes",
  "members",
  "models",
  "modelList",
  "modelMembers",
];

export const modelMembersFields: string[] = ["model", "members"];

export const keyFields: string[] = ["apiKey", "apiKeySecretRef"];

export const memberFields: string[] = [
  "name",
  "override",
  "refuseOther",
  "default",
  "limit",
  "nonNegative",
  "remove",
  "group",
  "stream",
  "forStreams",
];

export const modelsFields: string[] = ["allow", "aliases"];
