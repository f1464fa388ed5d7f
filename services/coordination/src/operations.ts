import { fromCursor, toCursor, toETag } from "../../kit/src";
import type { OperationsOf } from "../../kit/src";
import { CONSENSUS, LEASES, TEAMS } from "../contract";
import type { contract } from "../contract";
import { toConsensusView } from "./consensus";
import { ID_PATTERN } from "../limits";
import type { Leases } from "./leases";
import type { Questions } from "./questions";
import { toTeamView } from "./team";
import type { IfMatch, Teams } from "./teams";

const ID = new RegExp(ID_PATTERN);

export interface Domain {
  readonly teams: Teams;
  readonly questions: Questions;
  readonly leases: Leases;
}

/** What the service does for each route that its contract publishes as available. */
export function operations({ teams, questions, leases }: Domain): OperationsOf<typeof contract> {
  return {
    createTeam: async ({ body, signal }) => {
      const team = await teams.create(body, { signal });
      const headers = { location: `${TEAMS}/${team.record.id}`, etag: toETag(team.revision) };
      return { status: 201, headers, body: toTeamView(team) };
    },
    listTeams: async ({ query: { limit, cursor }, signal }) => {
      const page = await teams.list({ after: cursor === undefined ? undefined : fromCursor(cursor, (position) => ID.test(position)), limit, signal });
      const nextCursor = page.nextAfter === undefined ? undefined : toCursor(page.nextAfter);
      return { status: 200, body: { teams: page.teams.map(toTeamView), nextCursor } };
    },
    getTeam: async ({ params, signal }) => {
      const team = await teams.get(params.id, { signal });
      return { status: 200, headers: { etag: toETag(team.revision) }, body: toTeamView(team) };
    },
    putTeamMembers: async ({ params, headers, body, signal }) => {
      const team = await teams.replaceMembers(params.id, body, fromIfMatch(headers["if-match"]), { signal });
      return { status: 200, headers: { etag: toETag(team.revision) }, body: toTeamView(team) };
    },
    deleteTeam: async ({ params, headers, signal }) => {
      await teams.delete(params.id, fromIfMatch(headers["if-match"]), { signal });
      return { status: 204 };
    },
    createConsensus: async ({ body, signal }) => {
      const consensus = await questions.put(body, { signal });
      return { status: 201, headers: { location: `${CONSENSUS}/${consensus.record.id}` }, body: toConsensusView(consensus) };
    },
    getConsensus: async ({ params, signal }) => ({ status: 200, body: toConsensusView(await questions.get(params.id, { signal })) }),
    castVote: async ({ params, body, signal }) => ({ status: 200, body: toConsensusView(await questions.vote(params.id, body, { signal })) }),
    acquireLease: async ({ body, signal }) => {
      const lease = await leases.acquire(body, { signal });
      return { status: 201, headers: { location: `${LEASES}/${lease.name}` }, body: lease };
    },
    getLease: async ({ params, signal }) => ({ status: 200, body: await leases.get(params.name, { signal }) }),
    renewLease: async ({ params, body, signal }) => ({ status: 200, body: await leases.renew(params.name, body.token, { signal }) }),
    releaseLease: async ({ params, query, signal }) => {
      await leases.release(params.name, query.token, { signal });
      return { status: 204 };
    },
  };
}

/** The revision in a validated `If-Match`; undefined for `*` and for none. */
function fromIfMatch(header: string | undefined): IfMatch {
  return header === undefined || header === "*" ? undefined : BigInt(header.slice(1, -1));
}
