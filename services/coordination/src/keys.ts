import { contract } from "../contract";

/** Everything this service stores is below this. */
export const ROOT = contract.stores[0].prefix;

export const TEAM_FOLDER = `${ROOT}team/`;

export function teamKey(id: string): string {
  return `${TEAM_FOLDER}${id}`;
}

export function consensusKey(id: string): string {
  return `${ROOT}consensus/${id}`;
}

/** Exists until the deadline of a question: the store's clock ends it, the same for all replicas. */
export function openKey(id: string): string {
  return `${ROOT}open/${id}`;
}

export function leaseKey(name: string): string {
  return `${ROOT}lease/${name}`;
}
