/** Where an item is. */
export interface Address {
  readonly agentId: string;
  readonly key: string;
}

/** What a caller wants to have remembered. */
export interface NewItem extends Address {
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly embedding: readonly number[] | undefined;
  readonly ttlSeconds: number | undefined;
}

/** An item without what makes it large. */
export interface ItemHead extends Address {
  readonly tags: readonly string[];
  readonly hasEmbedding: boolean;
  /** Grows with every change; the ETag is this in quotes. */
  readonly revision: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt: string | undefined;
}

export interface Item extends ItemHead {
  readonly value: unknown;
  readonly embedding: readonly number[] | undefined;
}

/** What a caller wants to find before a change: `any`, nothing there, something there, or one revision. */
export type Precondition = { readonly kind: "any" } | { readonly kind: "absent" } | { readonly kind: "present" } | { readonly kind: "revision"; readonly revision: number };
