import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import {
  AcquireBody, ChangeHeaders, ConsensusView, CreateConsensusBody, CreateTeamBody, IdParams, LeaseName, LeaseView, MembersBody, PageQuery, ReleaseQuery,
  RenewBody, TeamList, TeamView, VoteBody,
} from "./schemas";

/** Path of all teams. */
export const TEAMS = "/api/v1/teams";
export const COORDINATION = "/api/v1/coordination";
/** Path of all questions that teams decide on. */
export const CONSENSUS = `${COORDINATION}/consensus` as const;
export const LEASES = `${COORDINATION}/leases` as const;

const ETAG = { etag: "its revision, in quotes" } as const;
const NOT_FOUND = { "not-found": { status: 404, description: "there is no such thing" } } as const;
const CHANGED = { "precondition-failed": { status: 412, description: "the team is not at the revision of 'If-Match'" } } as const;
const UNUSABLE = { "unusable-members": { status: 422, description: "agents that do not exist or are terminated; 'unknown' and 'terminated' name them all" } } as const;
const NOT_HELD = { "lease-not-held": { status: 409, description: "the lease is held under another token, or by nobody" } } as const;

/** Teams of agents, decisions by vote, and leases with fencing tokens. */
export const contract = defineContract({
  name: "coordination",
  version: "1.0.0",
  summary: "Teams, decisions by vote, leases",
  ports: SERVICE_PORTS,
  prefixes: [TEAMS, COORDINATION],
  routes: {
    createTeam: {
      method: "POST",
      path: TEAMS,
      summary: "Form a team of named agents, or of ready ones that have what is asked for",
      status: "available",
      idempotency: "key",
      schema: {
        body: CreateTeamBody,
        responses: { 201: { description: "Formed", body: TeamView, headers: { ...ETAG, location: "path of the team" } } },
        problems: { ...UNUSABLE, "not-enough-agents": { status: 409, description: "fewer ready agents than 'size' have these capabilities" } },
      },
    },
    listTeams: {
      method: "GET",
      path: TEAMS,
      summary: "List teams",
      status: "available",
      schema: { query: PageQuery, responses: { 200: { description: "One page, in the order of creation", body: TeamList } } },
    },
    getTeam: {
      method: "GET",
      path: `${TEAMS}/{id}`,
      summary: "Read one team",
      status: "available",
      schema: { params: IdParams, responses: { 200: { description: "The team", body: TeamView, headers: ETAG } }, problems: NOT_FOUND },
    },
    putTeamMembers: {
      method: "PUT",
      path: `${TEAMS}/{id}/members`,
      summary: "Replace the members of a team",
      status: "available",
      schema: {
        params: IdParams,
        headers: ChangeHeaders,
        body: MembersBody,
        responses: { 200: { description: "Replaced", body: TeamView, headers: ETAG } },
        problems: { ...NOT_FOUND, ...CHANGED, ...UNUSABLE },
      },
    },
    deleteTeam: {
      method: "DELETE",
      path: `${TEAMS}/{id}`,
      summary: "Dissolve a team; its agents stay",
      status: "available",
      schema: { params: IdParams, headers: ChangeHeaders, responses: { 204: { description: "Dissolved" } }, problems: { ...NOT_FOUND, ...CHANGED } },
    },
    createConsensus: {
      method: "POST",
      path: CONSENSUS,
      summary: "Put a question to the members of a team",
      status: "available",
      idempotency: "key",
      schema: {
        body: CreateConsensusBody,
        responses: { 201: { description: "Open for votes", body: ConsensusView, headers: { location: "path of the question" } } },
        problems: { "unknown-team": { status: 422, description: "there is no such team" } },
      },
    },
    getConsensus: {
      method: "GET",
      path: `${CONSENSUS}/{id}`,
      summary: "Read how a question stands",
      status: "available",
      schema: { params: IdParams, responses: { 200: { description: "State and tally", body: ConsensusView } }, problems: NOT_FOUND },
    },
    castVote: {
      method: "POST",
      path: `${CONSENSUS}/{id}/votes`,
      summary: "Vote for an option, or change a vote before the decision; sent twice it counts once",
      status: "available",
      schema: {
        params: IdParams,
        body: VoteBody,
        responses: { 200: { description: "Counted", body: ConsensusView } },
        problems: {
          ...NOT_FOUND,
          "not-a-voter": { status: 422, description: "the agent was no member of the team when the question was put" },
          "unknown-option": { status: 422, description: "'options' names those that there are" },
          "consensus-closed": { status: 409, description: "it is decided, or its deadline has passed; 'state' says which" },
        },
      },
    },
    acquireLease: {
      method: "POST",
      path: LEASES,
      summary: "Take a name for a while, if nobody has it",
      status: "available",
      schema: {
        body: AcquireBody,
        responses: { 201: { description: "Taken", body: LeaseView, headers: { location: "path of the lease" } } },
        problems: { "lease-held": { status: 409, description: "'holder' has it, for about 'remainingSeconds'" } },
      },
    },
    getLease: {
      method: "GET",
      path: `${LEASES}/{name}`,
      summary: "Read who holds a name",
      status: "available",
      schema: { params: LeaseName, responses: { 200: { description: "The lease", body: LeaseView } }, problems: NOT_FOUND },
    },
    renewLease: {
      method: "PUT",
      path: `${LEASES}/{name}`,
      summary: "Keep a name for its whole time again",
      status: "available",
      schema: { params: LeaseName, body: RenewBody, responses: { 200: { description: "Renewed", body: LeaseView } }, problems: NOT_HELD },
    },
    releaseLease: {
      method: "DELETE",
      path: `${LEASES}/{name}`,
      summary: "Give a name up",
      status: "available",
      schema: { params: LeaseName, query: ReleaseQuery, responses: { 204: { description: "Given up" } }, problems: NOT_HELD },
    },
    listConsensus: { method: "GET", path: CONSENSUS, summary: "List the questions of a team", status: "planned" },
    resolveAffinity: { method: "POST", path: `${COORDINATION}/affinity`, summary: "Find the agent that work of one kind went to before", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: SERVICE_LIMITS,
  shutdown: SERVICE_SHUTDOWN,
  needs: ["etcd"],
  stores: [{ system: "etcd", prefix: "/agentic-flow/coordination/", holds: "teams, questions with their votes, leases" }],
  topics: { publishes: [], consumes: [] },
  env: {},
  calls: ["agent"],
  slo: SERVICE_OBJECTIVE,
});
