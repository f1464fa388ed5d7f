import type { ModelPrice } from "./provider-settings";

/** What a provider counted, or what was seen of it. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The provider did not say; the numbers are a guess from what went over the wire. */
  readonly estimated: boolean;
}

export const NANO_PER_USD = 1_000_000_000;
const NANO_PER_1K = NANO_PER_USD / 1_000;

/** Billionths of a dollar, because single tokens cost less than a millionth. */
export function costNanoUsd({ promptTokens, completionTokens }: Usage, { inputPer1k, outputPer1k }: ModelPrice): number {
  return Math.round(promptTokens * inputPer1k * NANO_PER_1K + completionTokens * outputPer1k * NANO_PER_1K);
}

export function toUsd(nanoUsd: number): number {
  return nanoUsd / NANO_PER_USD;
}
