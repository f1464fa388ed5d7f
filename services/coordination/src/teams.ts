import type { Static } from "typebox";
import { problem } from "../../kit/src";
import { absent, put, read, remove, unchangedSince } from "../../kit/src/etcd";
import type { Entry, EtcdClient } from "../../kit/src/etcd";
import type { CreateTeamBody, MembersBody } from "../schemas";
import type { Agents } from "./agents";
import { newId } from "../../kit/src/uuid";
import { TEAM_FOLDER, teamKey } from "./keys";
import type { Options } from "./options";
import { untilMade } from "./retry";
import { assertRoles, formationOf, toMembers } from "./team";
import type { StoredTeam, TeamRecord } from "./team";

/** The revision a caller wants to change; undefined: whatever is there. */
export type IfMatch = bigint | undefined;

export interface TeamPage {
  readonly teams: readonly StoredTeam[];
  /** Id after which the next page starts; undefined: this was the last one. */
  readonly nextAfter: string | undefined;
}

/** Teams in etcd. Throws Problem, EtcdError, and CallError of the agent service. */
export class Teams {
  readonly #etcd: EtcdClient;
  readonly #agents: Agents;
  readonly #region: string;

  constructor(etcd: EtcdClient, agents: Agents, region: string) {
    this.#etcd = etcd;
    this.#agents = agents;
    this.#region = region;
  }

  async create(body: Static<typeof CreateTeamBody>, options: Options = {}): Promise<StoredTeam> {
    const formation = formationOf(body);
    const members = formation.kind === "named" ? formation.members : await this.#agents.choose(formation.size, formation.capabilities, options);
    const roles = formation.kind === "named" ? formation.roles : {};
    if (formation.kind === "named") await this.#agents.assertUsable(members, options);
    const createdAt = new Date().toISOString();
    const record: TeamRecord = {
      id: newId(),
      name: body.name,
      ...(body.goal === undefined ? {} : { goal: body.goal }),
      members: toMembers(members, roles),
      region: this.#region,
      createdAt,
      updatedAt: createdAt,
    };
    const key = teamKey(record.id);
    // The id is new and unguessable: when it exists after all, an attempt whose answer was lost has made it.
    const outcome = await this.#etcd.txn({ when: [absent(key)], then: [put(key, JSON.stringify(record))], otherwise: [read(key)], repeatable: "idempotent" }, options);
    const [[made] = []] = outcome.reads;
    return made === undefined ? { record, revision: outcome.revision } : toTeam(made);
  }

  /** @throws Problem 404. */
  async get(id: string, options: Options = {}): Promise<StoredTeam> {
    const team = await this.find(id, options);
    if (team === undefined) throw problem("not-found", `there is no team '${id}' in region '${this.#region}'`);
    return team;
  }

  async find(id: string, options: Options = {}): Promise<StoredTeam | undefined> {
    const entry = await this.#etcd.get(teamKey(id), options);
    return entry === undefined ? undefined : toTeam(entry);
  }

  async list(page: Options & { readonly after?: string | undefined; readonly limit: number }): Promise<TeamPage> {
    const after = page.after === undefined ? undefined : teamKey(page.after);
    const { entries, more } = await this.#etcd.list(TEAM_FOLDER, { limit: page.limit, signal: page.signal, after });
    const teams = entries.map(toTeam);
    return { teams, nextAfter: more ? teams.at(-1)?.record.id : undefined };
  }

  /** @throws Problem 404, 412, 422 `unusable-members`. */
  async replaceMembers(id: string, { members, roles = {} }: Static<typeof MembersBody>, ifMatch: IfMatch, options: Options = {}): Promise<StoredTeam> {
    assertRoles(members, roles);
    await this.get(id, options);
    await this.#agents.assertUsable(members, options);
    return this.#change(id, ifMatch, options, async (team) => {
      const record: TeamRecord = { ...team.record, members: toMembers(members, roles), updatedAt: new Date().toISOString() };
      const outcome = await this.#etcd.txn({ when: [unchangedSince(teamKey(id), team.revision)], then: [put(teamKey(id), JSON.stringify(record))] }, options);
      return outcome.succeeded ? { record, revision: outcome.revision } : undefined;
    });
  }

  /** @throws Problem 404, 412. */
  async delete(id: string, ifMatch: IfMatch, options: Options = {}): Promise<void> {
    await this.#change(id, ifMatch, options, async (team) => {
      const outcome = await this.#etcd.txn({ when: [unchangedSince(teamKey(id), team.revision)], then: [remove(teamKey(id))] }, options);
      return outcome.succeeded ? team : undefined;
    });
  }

  #change(id: string, ifMatch: IfMatch, options: Options, attempt: (team: StoredTeam) => Promise<StoredTeam | undefined>): Promise<StoredTeam> {
    const once = async (): Promise<StoredTeam | undefined> => {
      const team = await this.get(id, options);
      if (ifMatch !== undefined && team.revision !== ifMatch) {
        throw problem("precondition-failed", `team '${id}' is at revision ${team.revision} and not ${ifMatch}; read it again`, {
          extensions: { currentRevision: Number(team.revision) },
        });
      }
      return attempt(team);
    };
    return untilMade(`team '${id}'`, once, options);
  }
}

function toTeam(entry: Entry): StoredTeam {
  return { record: JSON.parse(entry.value) as TeamRecord, revision: entry.modRevision };
}
