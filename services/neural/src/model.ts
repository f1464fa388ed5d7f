import type { Runtime, Task } from "../schemas";

export interface Model {
  readonly name: string;
  readonly task: Task;
  readonly description: string;
  /** Versions to percent. Empty: nothing is routed yet. */
  readonly weights: Readonly<Record<string, number>>;
  /** Grows with every change of the weights. */
  readonly revision: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One version of a model. It never changes. */
export interface Version {
  readonly model: string;
  readonly version: string;
  /** As the caller told; nobody has fetched it. */
  readonly artifact: { readonly uri: string; readonly sha256: string; readonly bytes: number };
  readonly runtime: Runtime;
  readonly createdAt: string;
}
