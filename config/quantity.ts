/** Factors of the suffixes that Kubernetes quantities may carry. */
const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const QUANTITY = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/** Cores of a CPU quantity or bytes of a memory quantity; undefined when the text is no quantity. */
export function parseQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  const factor = FACTORS[match?.[2] ?? ""];
  if (match === null || factor === undefined) return undefined;
  return Number(match[1]) * factor;
}

/** Whole mebibytes, rounded down, as a quantity. */
export function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)}Mi`;
}
