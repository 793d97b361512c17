// Everything that the controller looks at, kept up to date.
import type { KubeClient, KubeObject } from "../kube/client.ts";
import { Collection } from "../kube/collection.ts";
import { type Plugin, readPlugin } from "../keys/plugin.ts";
import { collectionPaths, type Kind } from "./desired.ts";
import type { Live } from "./hold.ts";
import type { Log } from "./log.ts";
import { isOurs } from "./writer.ts";

/** The API group and version of LLMProvider and LLMRoute. */
export const groupPath = "/apis/istio.alibabacloud.com/v1beta1";

const ownPaths = { LLMProvider: `${groupPath}/llmproviders`, LLMRoute: `${groupPath}/llmroutes` };
const contextPaths = {
  Gateway: "/apis/networking.istio.io/v1beta1/gateways",
  AuthorizationPolicy: "/apis/security.istio.io/v1beta1/authorizationpolicies",
};
const ownLabel = "app.kubernetes.io/managed-by=llm-egress";
const othersLabel = "app.kubernetes.io/managed-by!=llm-egress";

export class World {
  /** LLMProviders and LLMRoutes, by kind. */
  readonly own: Record<keyof typeof ownPaths, Collection>;
  /** What validation looks at beside them. */
  readonly context: Record<string, Collection>;
  /** Objects with our label, by kind. */
  readonly managed: Record<Kind, Collection>;
  /** What has been read of a WasmPlugin. */
  readonly #plugins = new WeakMap<KubeObject, Plugin | undefined>();
  readonly #unmanaged: ReadonlySet<string>;

  /** `unmanaged` are kinds that the controller has no rights for: they count as having no objects. */
  constructor(client: KubeClient, log: Log, onChange: () => void, unmanaged: readonly Kind[] = []) {
    this.#unmanaged = new Set(unmanaged);
    const follow = (path: string, labelSelector?: string): Collection =>
      new Collection(client, {
        path,
        ...(labelSelector === undefined ? {} : { labelSelector }),
        // Of Istio's objects: istiod writes addresses there.
        ignoresStatus: !path.startsWith(groupPath),
        onChange,
        onTrouble: ({ message }) => log.warn("a watch failed", { path, error: message }),
      });
    this.own = mapValues(ownPaths, (path) => follow(path));
    const context = mapValues(contextPaths, (path) => follow(path));
    const kinds = ["DestinationRule", "ServiceEntry", "VirtualService"] as const;
    const others = kinds.map((kind) => [
      `${kind} (others)`,
      follow(collectionPaths[kind], othersLabel),
    ]);
    this.context = { ...context, ...(Object.fromEntries(others) as Record<string, Collection>) };
    this.managed = mapValues(collectionPaths, (path) => follow(path, ownLabel));
  }

  /** All collections, by a name for people. */
  get all(): Map<string, Collection> {
    const all = Object.entries({ ...this.own, ...this.context, ...this.managed });
    return new Map(all.filter(([name]) => !this.#unmanaged.has(name)));
  }

  /** Whether everything has been read at least once, and is known. */
  get isSynced(): boolean {
    return [...this.all.values()].every(({ isSynced }) => isSynced);
  }

  get ownObjects(): KubeObject[] {
    return Object.values(this.own).flatMap(objectsOf);
  }

  get contextObjects(): KubeObject[] {
    return Object.values(this.context).flatMap(objectsOf);
  }

  /** The JSON text of one of the own objects, if its numbers need it. */
  textOf(object: KubeObject): string | undefined {
    return this.own.LLMProvider.textOf(object) ?? this.own.LLMRoute.textOf(object);
  }

  /** The plugins that the controller has written. The same object gives the same plugin. */
  get plugins(): Plugin[] {
    const ours = [...this.managed.WasmPlugin.objects.values()].filter(isOurs);
    return ours.flatMap((object) => {
      if (!this.#plugins.has(object)) this.#plugins.set(object, readPlugin(object));
      return this.#plugins.get(object) ?? [];
    });
  }

  /** What the controller has written, and is in effect. */
  get live(): Live {
    const ours = (kind: Kind) =>
      new Map([...this.managed[kind].objects].filter(([, object]) => isOurs(object)));
    return {
      WasmPlugin: ours("WasmPlugin"),
      DestinationRule: ours("DestinationRule"),
      EnvoyFilter: ours("EnvoyFilter"),
      VirtualService: ours("VirtualService"),
    };
  }
}

function objectsOf({ objects }: Collection): KubeObject[] {
  return [...objects.values()];
}

function mapValues<Name extends string, To>(
  record: Readonly<Record<Name, string>>,
  change: (value: string) => To,
): Record<Name, To> {
  const entries = Object.entries(record) as [Name, string][];
  return Object.fromEntries(entries.map(([name, value]) => [name, change(value)])) as Record<
    Name,
    To
  >;
}
