const rounds = 16;
const boxWords = 4 * 256;
const subkeys = rounds + 2;
const wordBits = 32;

/** Bits beyond the last word, so that rounding errors of the series end before it. */
const guardBits = 64;

/** The state of the Blowfish cipher (Schneier 1993): subkeys and substitution boxes. Both change with every key. */
export class Blowfish {
  private readonly p: Uint32Array;
  private readonly s: Uint32Array;

  constructor() {
    const words = fractionOfPi();
    this.p = words.slice(0, subkeys);
    this.s = words.slice(subkeys);
  }

  /** Mixes a key and a salt into the state, each read as often as it takes. A salt of zeros is none. */
  expand(key: Uint8Array, salt: Uint8Array): void {
    const { p, s } = this;
    let at = 0;
    for (let i = 0; i < p.length; i++) {
      p[i] = (p[i] ?? 0) ^ wordAt(key, at);
      at = (at + 4) % key.length;
    }
    const block = new Uint32Array(2);
    let from = 0;
    for (const target of [p, s]) {
      for (let i = 0; i < target.length; i += 2) {
        block[0] = (block[0] ?? 0) ^ wordAt(salt, from);
        block[1] = (block[1] ?? 0) ^ wordAt(salt, from + 4);
        from = (from + 8) % salt.length;
        this.encrypt(block, 0);
        target.set(block, i);
      }
    }
  }

  /** Encrypts two words in place. */
  encrypt(words: Uint32Array, at: number): void {
    const { p, s } = this;
    let left = words[at] as number;
    let right = words[at + 1] as number;
    for (let round = 0; round < rounds; round++) {
      left ^= p[round] as number;
      // The indexes are bytes, so that every box has the word.
      const mixed = (((s[left >>> 24] as number) + (s[256 + ((left >>> 16) & 255)] as number)) ^ (s[512 + ((left >>> 8) & 255)] as number)) +
        (s[768 + (left & 255)] as number);
      const next = right ^ mixed;
      right = left;
      left = next;
    }
    words[at] = right ^ (p[rounds + 1] as number);
    words[at + 1] = left ^ (p[rounds] as number);
  }
}

function wordAt(bytes: Uint8Array, from: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | (bytes[(from + i) % bytes.length] as number);
  return word;
}

let cachedWords: Uint32Array | undefined;

/** The cipher's constants: the binary fraction of pi, by Machin's formula. */
function fractionOfPi(): Uint32Array {
  if (cachedWords !== undefined) return cachedWords;
  const count = subkeys + boxWords;
  const bits = BigInt(count * wordBits + guardBits);
  const one = 1n << bits;
  const pi = 16n * arctangentOfInverse(5n, one) - 4n * arctangentOfInverse(239n, one);
  const fraction = (pi & (one - 1n)) >> BigInt(guardBits);
  const digits = fraction.toString(16).padStart((count * wordBits) / 4, "0");
  cachedWords = Uint32Array.from({ length: count }, (_, i) => Number.parseInt(digits.slice(i * 8, i * 8 + 8), 16));
  return cachedWords;
}

function arctangentOfInverse(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= x * x;
    sum += (sign * power) / n;
  }
  return sum;
}
