import { Problem, UpstreamProblem } from "../../kit/src";
import type { ServiceClient } from "../../kit/src";
import type { contract as agentContract } from "../../agent/contract";
import { CANDIDATES_PER_CALL, MAX_CANDIDATES, MEMBER_CHECKS_AT_ONCE } from "../limits";
import type { Options } from "./options";

/** What the coordination service asks of agents. Throws CallError. */
export interface Agents {
  /** @throws Problem 422 `unusable-members` naming every agent that does not exist or is terminated. */
  assertUsable(ids: readonly string[], options?: Options): Promise<void>;
  /** Ready agents that have all capabilities, oldest first. @throws Problem 409 `not-enough-agents`. */
  choose(size: number, capabilities: readonly string[], options?: Options): Promise<readonly string[]>;
}

export class AgentDirectory implements Agents {
  readonly #client: ServiceClient<typeof agentContract>;

  constructor(client: ServiceClient<typeof agentContract>) {
    this.#client = client;
  }

  async assertUsable(ids: readonly string[], options: Options = {}): Promise<void> {
    const unknown: string[] = [];
    const terminated: string[] = [];
    const waiting = [...ids];
    const check = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const state = await this.#stateOf(id, options);
        if (state === undefined) unknown.push(id);
        else if (state === "terminated") terminated.push(id);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MEMBER_CHECKS_AT_ONCE, ids.length) }, check));
    if (unknown.length + terminated.length === 0) return;
    const list = (label: string, members: readonly string[]): string[] => (members.length === 0 ? [] : [`${label}: ${[...members].sort().join(", ")}`]);
    throw new Problem({
      code: "unusable-members",
      status: 422,
      title: "Some members cannot be in a team",
      detail: `${[...list("there are no such agents", unknown), ...list("terminated", terminated)].join("; ")}; leave them out`,
      extensions: { unknown: unknown.sort(), terminated: terminated.sort() },
    });
  }

  async choose(size: number, capabilities: readonly string[], { signal }: Options = {}): Promise<readonly string[]> {
    const [capability] = capabilities;
    const chosen: string[] = [];
    let cursor: string | undefined;
    for (let looked = 0; looked < MAX_CANDIDATES; looked += CANDIDATES_PER_CALL) {
      const query = { capability, state: "ready" as const, limit: CANDIDATES_PER_CALL, cursor };
      const { body } = await this.#client.call("listAgents", { query, signal });
      const fitting = body.agents.filter((agent) => capabilities.every((each) => agent.capabilities.includes(each)));
      chosen.push(...fitting.map(({ id }) => id));
      cursor = body.nextCursor;
      if (chosen.length >= size) return chosen.slice(0, size);
      if (cursor === undefined) break;
    }
    throw new Problem({
      code: "not-enough-agents",
      status: 409,
      title: "There are not enough agents for this team",
      detail: `${chosen.length} of ${size} agents are ready and have ${capabilities.map((each) => `'${each}'`).join(", ")}; ask for fewer, or register more`,
      extensions: { found: chosen.length, wanted: size },
    });
  }

  async #stateOf(id: string, { signal }: Options): Promise<string | undefined> {
    try {
      return (await this.#client.call("getAgent", { params: { id }, signal })).body.state;
    } catch (error) {
      if (error instanceof UpstreamProblem && error.status === 404) return undefined;
      throw error;
    }
  }
}
