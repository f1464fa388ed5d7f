import { Type } from "typebox";
import {
  DEFAULT_PAGE_SIZE, ID_PATTERN, MAX_CAPABILITIES, MAX_CURSOR_LENGTH, MAX_DEADLINE_S, MAX_LEASE_S, MAX_MEMBERS, MAX_NAME_LENGTH, MAX_OPTIONS,
  MAX_PAGE_SIZE, MAX_TEXT_LENGTH, MAX_TITLE_LENGTH, MAX_TOKEN, MIN_DEADLINE_S, MIN_LEASE_S, MIN_OPTIONS, NAME_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN, maxLength: MAX_NAME_LENGTH });
const Id = Type.String({ pattern: ID_PATTERN });
const Title = Type.String({ minLength: 1, maxLength: MAX_TITLE_LENGTH });
const Text = Type.String({ minLength: 1, maxLength: MAX_TEXT_LENGTH });
const Time = Type.String({ description: "RFC 3339, UTC" });
const Revision = Type.Integer({ description: "grows with every change; the ETag is this in quotes" });
const Members = Type.Array(Id, { minItems: 1, maxItems: MAX_MEMBERS, uniqueItems: true, description: "ids of agents" });
const Roles = Type.Unsafe<Record<string, string>>({
  type: "object",
  propertyNames: { pattern: ID_PATTERN },
  additionalProperties: { type: "string", pattern: NAME_PATTERN },
  maxProperties: MAX_MEMBERS,
  description: "role of a member, by its id",
});

export const IdParams = Type.Object({ id: Id }, closed);

export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH })),
  },
  { ...closed, required: [] },
);

export const ChangeHeaders = Type.Object({
  "if-match": Type.Optional(Type.String({ pattern: '^(\\*|"[0-9]{1,18}")$', description: "the ETag that was read, or *" })),
});

/** Either `members`, or `size` and `capabilities`. */
export const CreateTeamBody = Type.Object(
  {
    name: Title,
    goal: Type.Optional(Text),
    members: Type.Optional(Members),
    roles: Type.Optional(Roles),
    size: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_MEMBERS, description: "how many agents to choose; instead of 'members'" })),
    capabilities: Type.Optional(
      Type.Array(Name, { minItems: 1, maxItems: MAX_CAPABILITIES, uniqueItems: true, description: "what each chosen agent has to have; with 'size'" }),
    ),
  },
  closed,
);

export const MembersBody = Type.Object({ members: Members, roles: Type.Optional(Roles) }, closed);

export const TeamView = Type.Object(
  {
    id: Id,
    name: Type.String(),
    goal: Type.Optional(Type.String()),
    members: Type.Array(Type.Object({ agentId: Id, role: Type.Optional(Name) }, closed)),
    region: Type.String(),
    createdAt: Time,
    updatedAt: Time,
    revision: Revision,
  },
  closed,
);

export const TeamList = Type.Object({ teams: Type.Array(TeamView), nextCursor: Type.Optional(Type.String({ description: "absent on the last page" })) }, closed);

/** Share of all members that an option needs: more than half, at least two thirds, all. */
export const RULES = ["majority", "two-thirds", "unanimous"] as const;
export type Rule = (typeof RULES)[number];
export const CONSENSUS_STATES = ["open", "decided", "tied", "expired"] as const;
export type ConsensusState = (typeof CONSENSUS_STATES)[number];

export const CreateConsensusBody = Type.Object(
  {
    teamId: Id,
    topic: Text,
    options: Type.Array(Name, { minItems: MIN_OPTIONS, maxItems: MAX_OPTIONS, uniqueItems: true }),
    rule: Type.Enum([...RULES]),
    deadlineSeconds: Type.Integer({ minimum: MIN_DEADLINE_S, maximum: MAX_DEADLINE_S }),
  },
  closed,
);

export const VoteBody = Type.Object({ agentId: Id, option: Name }, closed);

export const ConsensusView = Type.Object(
  {
    id: Id,
    teamId: Id,
    topic: Type.String(),
    options: Type.Array(Name),
    rule: Type.Enum([...RULES]),
    state: Type.Enum([...CONSENSUS_STATES], {
      description: "tied: all have voted and no option has enough; a changed vote can still decide until the deadline",
    }),
    decision: Type.Optional(Type.String({ description: "the option that was decided on" })),
    tally: Type.Unsafe<Record<string, number>>({ type: "object", additionalProperties: { type: "integer" }, description: "votes by option" }),
    voters: Type.Integer({ description: "members of the team when the question was put" }),
    voted: Type.Integer(),
    createdAt: Time,
    deadline: Time,
    decidedAt: Type.Optional(Time),
    revision: Revision,
  },
  closed,
);

export const LeaseName = Type.Object({ name: Name }, closed);
const Token = Type.Integer({ minimum: 1, maximum: MAX_TOKEN, description: "fencing token: larger for each later holder of this name" });

export const AcquireBody = Type.Object({ name: Name, holder: Name, ttlSeconds: Type.Integer({ minimum: MIN_LEASE_S, maximum: MAX_LEASE_S }) }, closed);
export const RenewBody = Type.Object({ token: Token }, closed);
export const ReleaseQuery = Type.Object({ token: Token }, closed);

export const LeaseView = Type.Object(
  {
    name: Name,
    holder: Name,
    token: Token,
    ttlSeconds: Type.Integer(),
    acquiredAt: Time,
    remainingSeconds: Type.Integer({ description: "about: counted with the clock of whoever answers; the store alone decides" }),
  },
  closed,
);
