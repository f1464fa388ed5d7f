import type { Static } from "typebox";
import { problem } from "../../kit/src";
import type { Violation } from "../../kit/src";
import type { CreateTeamBody, TeamView } from "../schemas";

export interface Member {
  readonly agentId: string;
  readonly role?: string;
}

/** A team as it is stored: one JSON value under one key. */
export interface TeamRecord {
  readonly id: string;
  readonly name: string;
  readonly goal?: string;
  readonly members: readonly Member[];
  readonly region: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A record with the store's revision of its last change. */
export interface StoredTeam {
  readonly record: TeamRecord;
  readonly revision: bigint;
}

/** How the members of a new team are found. */
export type Formation =
  | { readonly kind: "named"; readonly members: readonly string[]; readonly roles: Readonly<Record<string, string>> }
  | { readonly kind: "chosen"; readonly size: number; readonly capabilities: readonly string[] };

/** @throws Problem 400 `invalid-request` when the body says both ways, or neither, or half of one. */
export function formationOf({ members, roles, size, capabilities }: Static<typeof CreateTeamBody>): Formation {
  if (members !== undefined && size === undefined && capabilities === undefined) {
    assertRoles(members, roles ?? {});
    return { kind: "named", members, roles: roles ?? {} };
  }
  if (members === undefined && roles === undefined && size !== undefined && capabilities !== undefined) return { kind: "chosen", size, capabilities };
  const way = "give either 'members' (and 'roles'), or 'size' and 'capabilities'";
  throw invalid([{ in: "body", pointer: "", detail: `does not say in one way who is in the team; ${way}` }]);
}

/** @throws Problem 400 `invalid-request` naming every role of somebody who is no member. */
export function assertRoles(members: readonly string[], roles: Readonly<Record<string, string>>): void {
  const strangers = Object.keys(roles).filter((id) => !members.includes(id));
  if (strangers.length > 0) throw invalid(strangers.map((id) => ({ in: "body", pointer: `/roles/${id}`, detail: "is the role of an agent that is not in 'members'" })));
}

export function toMembers(ids: readonly string[], roles: Readonly<Record<string, string>>): Member[] {
  return ids.map((agentId) => {
    const role = roles[agentId];
    return role === undefined ? { agentId } : { agentId, role };
  });
}

export function toTeamView({ record, revision }: StoredTeam): Static<typeof TeamView> {
  return { ...record, members: record.members.map((member) => ({ ...member })), revision: Number(revision) };
}

function invalid(violations: readonly Violation[]): Error {
  return problem("invalid-request", violations.map(({ pointer, detail }) => `body '${pointer}' ${detail}`).join("; "), { violations });
}
