/** How much less the second place counts than the first; 60 is the value of the method's authors (Cormack et al., 2009). */
const SMOOTHING = 60;

export interface Fused<Id> {
  readonly id: Id;
  /** From 0 to 1; 1: first in every ranking. */
  readonly score: number;
}

/**
 * Reciprocal rank fusion: rankings whose own scores cannot be compared, made into one. What several rankings have near
 * their top comes first; what one of them lacks counts nothing there.
 *
 * @param rankings each without duplicates, best first.
 */
export function fuse<Id>(rankings: readonly (readonly Id[])[]): Fused<Id>[] {
  const sums = new Map<Id, number>();
  for (const ranking of rankings) {
    for (const [place, id] of ranking.entries()) sums.set(id, (sums.get(id) ?? 0) + 1 / (SMOOTHING + 1 + place));
  }
  const best = rankings.length / (SMOOTHING + 1);
  return [...sums].map(([id, sum]) => ({ id, score: sum / best })).sort((a, b) => b.score - a.score);
}
