import { Problem, fromCursor, problem, toETag, toPage } from "../../kit/src";
import type { OperationsOf } from "../../kit/src";
import { MODELS } from "../contract";
import type { contract } from "../contract";
import { NAME_PATTERN, TOTAL_WEIGHT } from "../limits";
import type { ModelRegistry } from "./registry";
import { choose } from "./rendezvous";

const NAME = new RegExp(NAME_PATTERN);

/** What the service does for each route that its contract publishes as available. */
export function operations(registry: ModelRegistry): OperationsOf<typeof contract> {
  return {
    createModel: async ({ body, signal }) => {
      const model = await registry.create(body, { signal });
      return { status: 201, headers: { location: `${MODELS}/${model.name}`, etag: toETag(model.revision) }, body: model };
    },
    listModels: async ({ query, signal }) => {
      const { task, limit, cursor } = query;
      const found = await registry.list(task, { after: positionIn(cursor), limit: limit + 1, signal });
      const { items, ...next } = toPage(found, limit, ({ name }) => name);
      return { status: 200, body: { models: [...items], ...next } };
    },
    getModel: async ({ params, signal }) => {
      const model = await registry.get(params.name, { signal });
      return { status: 200, headers: { etag: toETag(model.revision) }, body: model };
    },
    createVersion: async ({ params, body, signal }) => {
      const version = await registry.addVersion({ model: params.name, ...body }, { signal });
      return { status: 201, headers: { location: `${MODELS}/${params.name}/versions/${version.version}` }, body: version };
    },
    listVersions: async ({ params, query, signal }) => {
      const { limit, cursor } = query;
      const found = await registry.listVersions(params.name, { after: positionIn(cursor), limit: limit + 1, signal });
      const { items, ...next } = toPage(found, limit, ({ version }) => version);
      return { status: 200, body: { versions: [...items], ...next } };
    },
    getVersion: async ({ params, signal }) => ({ status: 200, body: await registry.getVersion(params.name, params.version, { signal }) }),
    putTraffic: async ({ params, headers, body, signal }) => {
      assertTotal(body.weights);
      const model = await registry.setWeights(params.name, body.weights, headers["if-match"], { signal });
      return { status: 200, headers: { etag: toETag(model.revision) }, body: model };
    },
    routeKey: async ({ params, query, signal }) => {
      const { weights, revision } = await registry.get(params.name, { signal });
      const chosen = choose(params.name, query.key, weights);
      if (chosen === undefined) throw noTraffic(params.name);
      // Versions never change and never go, so what was chosen is still there.
      const version = await registry.getVersion(params.name, chosen, { signal });
      return { status: 200, headers: { etag: toETag(revision) }, body: { version, weight: weights[chosen] ?? 0, revision } };
    },
  };
}

function positionIn(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : fromCursor(cursor, (position) => NAME.test(position));
}

function assertTotal(weights: Readonly<Record<string, number>>): void {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  if (total === TOTAL_WEIGHT) return;
  const detail = `sum up to ${total} and have to sum up to ${TOTAL_WEIGHT}`;
  throw problem("invalid-request", `body '/weights' ${detail}`, { violations: [{ in: "body", pointer: "/weights", detail }] });
}

function noTraffic(model: string): Problem {
  return new Problem({ code: "no-traffic", status: 409, title: "The model has no weights yet", detail: `model '${model}' routes to no version; set its weights with PUT ${MODELS}/${model}/traffic` });
}
