// Documents → resources: the schema first, then the rules that a schema can't say, first within each resource and then across all.
import type { ProviderResource, Resources, RouteResource } from "../model/resource.ts";
import type { Report } from "../diagnostics.ts";
import type { Documents } from "../parse/classify.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { checkAcross } from "./across-rules.ts";
import { checkProvider } from "./provider-rules.ts";
import { checkRoute } from "./route-rules.ts";
import { toProvider, toRoute } from "./schema.ts";

/** The typed resources. Those that do not fit the schema are reported and left out; broken rules are reported. */
export function validate(documents: Documents, report: Report): Resources {
  const resources: Resources = {
    providers: typed(documents.providers, toProvider, report),
    routes: typed(documents.routes, toRoute, report),
  };
  for (const provider of resources.providers) checkProvider(provider, report);
  for (const route of resources.routes) checkRoute(route, report);
  // What refers to a resource that was left out would be reported as referring to nothing.
  const isComplete =
    documents.isComplete &&
    resources.providers.length === documents.providers.length &&
    resources.routes.length === documents.routes.length;
  checkAcross(resources, isComplete, report);
  return resources;
}

function typed<Kind extends ProviderResource | RouteResource>(
  documents: readonly SourceDocument[],
  convert: (document: SourceDocument, report: Report) => Kind | undefined,
  report: Report,
): Kind[] {
  return documents.flatMap((document) => convert(document, report) ?? []);
}
