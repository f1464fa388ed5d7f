import type { OperationsOf } from "../../kit/src";
import { EXECUTIONS, WORKFLOWS } from "../contract";
import type { contract } from "../contract";
import { fromCursor, toPage } from "../../kit/src/pagination";
import { ID_PATTERN } from "../limits";
import type { Definition } from "./definition";
import type { Executions } from "./executions";
import type { Workflows } from "./workflows";

const ID = new RegExp(ID_PATTERN);

/** What the service does for each route that its contract publishes as available. */
export function operations(workflows: Workflows, executions: Executions): OperationsOf<typeof contract> {
  return {
    createWorkflow: async ({ body, signal }) => {
      const { definition, created } = await workflows.create(body, { signal });
      return { status: created ? 201 : 200, headers: { location: `${WORKFLOWS}/${definition.id}` }, body: toView(definition) };
    },
    listWorkflows: async ({ query: { name, limit, cursor }, signal }) => {
      const after = cursor === undefined ? undefined : fromCursor(cursor, (position) => ID.test(position));
      const { items, nextCursor } = toPage(await workflows.list({ name, after, limit: limit + 1, signal }), limit, ({ id }) => id);
      return { status: 200, body: { workflows: items.map(toView), nextCursor } };
    },
    getWorkflow: async ({ params, signal }) => ({ status: 200, body: toView(await workflows.get(params.id, { signal })) }),
    executeWorkflow: async ({ params, headers, body, signal }) => {
      const execution = await executions.execute(params.id, body.input, headers["idempotency-key"], { signal });
      return { status: 202, headers: { location: `${EXECUTIONS}/${execution.id}` }, body: execution };
    },
    getExecution: async ({ params, signal }) => ({ status: 200, body: await executions.get(params.id, { signal }) }),
    signalExecution: async ({ params, body, signal }) => {
      await executions.signal(params.id, params.name, body.payload, { signal });
      return { status: 202 };
    },
    cancelExecution: async ({ params, signal }) => {
      await executions.cancel(params.id, { signal });
      return { status: 202 };
    },
  };
}

function toView({ id, name, version, steps, createdAt }: Definition) {
  return { id, name, version, steps: [...steps], createdAt };
}
