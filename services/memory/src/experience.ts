/** What an agent tried and what came of it. Never changed. */
export interface Experience {
  /** UUID version 7. */
  readonly id: string;
  readonly agentId: string;
  readonly task: string;
  readonly outcome: string;
  readonly reward: number;
  readonly embedding: readonly number[] | undefined;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}
