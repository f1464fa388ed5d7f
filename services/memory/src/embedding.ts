import { problem } from "../../kit/src";
import { MIN_NORM } from "../limits";

/**
 * What a JSON schema cannot say about an embedding.
 *
 * @returns the text that PostgreSQL reads as a vector.
 * @throws Problem 400 when it is of another dimension, or has no direction.
 */
export function toVector(embedding: readonly number[], dimension: number): string {
  const fault =
    embedding.length !== dimension ? `has ${embedding.length} numbers and needs ${dimension}, the dimension of this region's embeddings`
    : Math.hypot(...embedding.map(Math.fround)) < MIN_NORM ? "is zero or too close to it, so it has no direction; leave it out"
    : undefined;
  if (fault !== undefined) {
    throw problem("invalid-request", `body '/embedding' ${fault}`, { violations: [{ in: "body", pointer: "/embedding", detail: fault }] });
  }
  return JSON.stringify(embedding);
}

/** The vector as PostgreSQL writes it, which is the form of a JSON list. */
export function fromVector(text: string | null): readonly number[] | undefined {
  return text === null ? undefined : (JSON.parse(text) as number[]);
}
