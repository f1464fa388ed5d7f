import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { asSecret, isSecret, plainProperties, unknownValue } from "../kit/values";
import { bcrypt } from "../random/bcrypt";
import { definitions, RandomProvider } from "../random/provider";
import { urnOf } from "./support";

const provider = new RandomProvider({ version: "4.21.2" });
const urn = urnOf("RandomPassword", "random");

const failures = async (inputs: Record<string, unknown>): Promise<string[]> =>
  (await provider.check(urn, {}, inputs)).failures.map(({ property, reason }) => `${property} ${reason}`);

/** What the engine does for a new password: check, then create. */
async function make(given: Record<string, unknown>): Promise<{ readonly inputs: Record<string, unknown>; readonly raw: Record<string, unknown>; readonly result: string }> {
  const { inputs, failures: found } = await provider.check(urn, {}, given);
  assert.deepEqual(found, []);
  const { outs } = await provider.create(urn, inputs);
  const raw = outs as Record<string, unknown>;
  return { inputs, raw, result: String(plainProperties(raw)["result"]) };
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

describe("random provider: passwords", () => {
  it("has the length asked for, at least as many of each kind as asked for, and no other characters", async () => {
    const minimum = fc.integer({ min: 0, max: 4 });
    await fc.assert(
      fc.asyncProperty(minimum, minimum, minimum, minimum, fc.integer({ min: 1, max: 8 }), async (minLower, minUpper, minNumeric, minSpecial, more) => {
        const length = minLower + minUpper + minNumeric + minSpecial + more;
        const { result } = await make({ length, minLower, minUpper, minNumeric, minSpecial, overrideSpecial: "_-" });
        assert.match(result, new RegExp(`^[a-zA-Z0-9_-]{${length}}$`));
        const found = [/[a-z]/g, /[A-Z]/g, /[0-9]/g, /[_-]/g].map((pattern) => count(result, pattern));
        [minLower, minUpper, minNumeric, minSpecial].forEach((wanted, kind) => assert.ok((found[kind] ?? 0) >= wanted, result));
      }),
      // Each makes a bcrypt hash, which is slow on purpose.
      { numRuns: 10 },
    );
  });

  it("uses every kind and every special character by default, and none that is switched off", async () => {
    const { result } = await make({ length: 4000 });
    assert.deepEqual([...new Set(result)].sort().join(""), [..."!@#$%&*()-_=+[]{}<>:?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"].sort().join(""));
    assert.match((await make({ length: 400, special: false, upper: false })).result, /^[a-z0-9]{400}$/);
  });

  it("puts what is asked for anywhere, not at the beginning", async () => {
    const { result } = await make({ length: 400, minNumeric: 200, numeric: false, special: false });
    assert.equal(count(result, /[0-9]/g), 200);
    assert.doesNotMatch(result, /^[0-9]{200}/);
  });

  it("never gives the same twice", async () => {
    const [one, other] = [await make({ length: 32 }), await make({ length: 32 })];
    assert.notEqual(one.result, other.result);
  });

  it("marks the password and its hash as secrets, and nothing else", async () => {
    const { raw, result } = await make({ length: 16 });
    assert.deepEqual(Object.keys(raw).filter((name) => isSecret(raw[name])), ["result", "bcryptHash"]);
    const hash = String(plainProperties(raw)["bcryptHash"]);
    assert.match(hash, /^\$2a\$10\$[./A-Za-z0-9]{53}$/);
    assert.equal(bcrypt(result, saltOf(hash)), hash);
  });
});

/** The 16 bytes that a hash carries after its cost. */
function saltOf(hash: string): Buffer {
  const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bits = [...hash.slice(7, 29)].map((character) => alphabet.indexOf(character).toString(2).padStart(6, "0")).join("");
  return Buffer.from((bits.slice(0, 128).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

describe("bcrypt", () => {
  it("agrees with hashes of other implementations", () => {
    for (const [password, hash] of [
      ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
      ["U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
      ["", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"],
    ] as const) {
      assert.equal(bcrypt(password, saltOf(hash), 5), hash);
    }
  });

  it("takes the first 72 bytes of a password and refuses a salt of another size", () => {
    const salt = Buffer.alloc(16, 1);
    assert.equal(bcrypt("a".repeat(72), salt, 4), bcrypt("a".repeat(80), salt, 4));
    assert.notEqual(bcrypt("a".repeat(71), salt, 4), bcrypt("a".repeat(72), salt, 4));
    assert.throws(() => bcrypt("a", Buffer.alloc(15), 4), /salt has 15 bytes, must have 16/);
  });
});

describe("random provider: check", () => {
  it("reports everything that is wrong at once", async () => {
    assert.deepEqual(await failures({ length: 0, upper: "yes", minLower: -1, overrideSpecial: "", keepers: { a: 1 }, lenght: 3, number: false }), [
      "length is 0, must be a whole number from 1 to 4096",
      'upper is "yes", must be true or false',
      "minLower is -1, must be a whole number from 0 to 4096",
      'overrideSpecial is "", must be text that is not empty',
      'keepers is {"a":1}, must be an object of texts',
      "lenght is not a property of this resource; it has: length, lower, upper, numeric, special, overrideSpecial, minLower, minUpper, minNumeric, minSpecial, keepers",
      "number is not served by the built-in provider; use numeric, which has taken its place",
    ]);
    assert.deepEqual(await failures({}), ["length is not set, and must be (integer)"]);
  });

  it("refuses a length below its parts, and a password of nothing", async () => {
    assert.deepEqual(await failures({ length: 3, minLower: 2, minNumeric: 2, lower: false, upper: false, numeric: false, special: false }), [
      "length is 3, must be at least minLower + minUpper + minNumeric + minSpecial (4)",
      "lower is false, and so are upper, numeric and special; at least one must be true",
    ]);
  });

  it("does not judge what is unknown during a preview", async () => {
    assert.deepEqual(await failures({ length: unknownValue, keepers: { certificate: unknownValue } }), []);
  });

  it("knows every input that the SDK has", () => {
    for (const { name, inputs } of definitions) {
      const file = join(require.resolve("@pulumi/random/package.json"), "..", `${name.charAt(0).toLowerCase()}${name.slice(1)}.d.ts`);
      const declared = readFileSync(file, "utf8").split(`export interface ${name}Args {`)[1] ?? "";
      const names = [...declared.matchAll(/^ {4}(\w+)\??: pulumi\.Input</gm)].map((match) => match[1]);
      assert.ok(names.length >= 3, `${file} was not understood`);
      assert.deepEqual(Object.keys(inputs).sort(), names.sort(), name);
    }
  });

  it("refuses types that it does not serve", async () => {
    await assert.rejects(
      provider.create(urnOf("RandomPet", "random"), {}),
      /random:index\/randomPet:RandomPet is not served by the built-in random provider; .*RandomPassword; .*pulumi-resource-random/,
    );
  });
});

describe("random provider: changes", () => {
  it("sees none when nothing changed, and replaces for any change", async () => {
    const { inputs, raw } = await make({ length: 12, keepers: { generation: "1" } });
    assert.deepEqual(await provider.diff("none", urn, raw, inputs), { changes: false, replaces: [] });
    for (const [name, value] of [["length", 13], ["keepers", { generation: "2" }], ["special", false], ["minUpper", 1]] as const) {
      assert.deepEqual(await provider.diff("none", urn, raw, { ...inputs, [name]: value }), { changes: true, replaces: [name] });
    }
  });

  it("reads a password back from the state", async () => {
    const { inputs, raw } = await make({ length: 12 });
    assert.deepEqual(await provider.read("none", urn, raw), { id: "none", props: raw, inputs });
  });

  it("takes over a password that exists, without showing it in the id", async () => {
    const { id, props, inputs } = await provider.read("correct horse", urn);
    assert.equal(id, "none");
    assert.deepEqual((props as Record<string, unknown>)["result"], asSecret("correct horse"));
    assert.equal(inputs?.["length"], 13);
    const checked = await provider.check(urn, {}, { length: 13 });
    assert.deepEqual(await provider.diff(id ?? "", urn, props as Record<string, unknown>, checked.inputs), { changes: false, replaces: [] });
  });
});
