import * as fc from "fast-check";
import { keyAfter, prefixEnd } from "../src/etcd/keys";

const bytes = (min: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: 6 });
const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

describe("etcd keys", () => {
  it("ends a prefix after every key that starts with it and before or at every later one", () => {
    fc.assert(
      fc.property(bytes(1), bytes(0), bytes(1), (prefix, rest, other) => {
        const end = prefixEnd(prefix);
        const unbounded = end.length === 1 && end[0] === 0;
        const inside = Uint8Array.from([...prefix, ...rest]);
        const within = (key: Uint8Array): boolean => compare(key, prefix) >= 0 && (unbounded || compare(key, end) < 0);
        const starts = prefix.every((byte, index) => other[index] === byte);
        return within(inside) && within(other) === starts;
      }),
    );
  });

  it("has nothing between a key and the one after it", () => {
    fc.assert(
      fc.property(bytes(1), bytes(0), (key, other) => {
        const next = keyAfter(key);
        return compare(key, next) < 0 && !(compare(key, other) < 0 && compare(other, next) < 0);
      }),
    );
  });
});
