import { randomBytes, randomInt } from "node:crypto";
import type { ResourceDefinition } from "../../kit/definition";
import { bcrypt } from "../bcrypt";

/** Longer than any password; what is above is a mistake. */
const maxLength = 4096;
const saltBytes = 16;
/** The official provider gives every password this id: the password itself would show in it. */
const id = "none";

const lowerCase = "abcdefghijklmnopqrstuvwxyz";
const upperCase = lowerCase.toUpperCase();
const digits = "0123456789";
const specialCharacters = "!@#$%&*()-_=+[]{}<>:?";

const minimum = { kind: "integer", min: 0, max: maxLength, default: 0 } as const;
const allowed = { kind: "boolean", default: true } as const;

interface Inputs {
  readonly length: number;
  readonly lower: boolean;
  readonly upper: boolean;
  readonly numeric: boolean;
  readonly special: boolean;
  readonly minLower: number;
  readonly minUpper: number;
  readonly minNumeric: number;
  readonly minSpecial: number;
  readonly overrideSpecial?: string;
}

/** A password from the operating system's generator of random numbers. */
export const randomPassword: ResourceDefinition = {
  name: "RandomPassword",
  inputs: {
    length: { kind: "integer", required: true, min: 1, max: maxLength },
    lower: allowed,
    upper: allowed,
    numeric: allowed,
    number: { kind: "unsupported", instead: "use numeric, which has taken its place" },
    special: allowed,
    overrideSpecial: { kind: "text" },
    minLower: minimum,
    minUpper: minimum,
    minNumeric: minimum,
    minSpecial: minimum,
    keepers: { kind: "map" },
  },
  secretOutputs: ["result", "bcryptHash"],
  updatable: [],
  relations(values) {
    const inputs = values as unknown as Inputs;
    const needed = inputs.minLower + inputs.minUpper + inputs.minNumeric + inputs.minSpecial;
    return [
      ...(inputs.length < needed
        ? [{ property: "length", reason: `is ${String(inputs.length)}, must be at least minLower + minUpper + minNumeric + minSpecial (${String(needed)})` }]
        : []),
      ...(charactersOf(inputs) === "" ? [{ property: "lower", reason: "is false, and so are upper, numeric and special; at least one must be true" }] : []),
    ];
  },
  create(values) {
    const result = makePassword(values as unknown as Inputs);
    return Promise.resolve({ id, computed: outputsOf(result) });
  },
  /** Takes over a password that exists. */
  import(password) {
    const settings = { lower: true, upper: true, numeric: true, special: true, minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 };
    return Promise.resolve({ id, inputs: { ...settings, length: [...password].length }, computed: outputsOf(password) });
  },
};

function outputsOf(result: string): Record<string, string> {
  return { result, bcryptHash: bcrypt(result, randomBytes(saltBytes)) };
}

/** The minimum of each kind first, then any, then all in random order. */
function makePassword(inputs: Inputs): string {
  const password = [
    ...pick(lowerCase, inputs.minLower),
    ...pick(upperCase, inputs.minUpper),
    ...pick(digits, inputs.minNumeric),
    ...pick(specialOf(inputs), inputs.minSpecial),
  ];
  password.push(...pick(charactersOf(inputs), inputs.length - password.length));
  for (let last = password.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [password[last], password[other]] = [password[other] ?? "", password[last] ?? ""];
  }
  return password.join("");
}

function pick(characters: string, count: number): string[] {
  const choice = [...characters];
  return Array.from({ length: count }, () => choice[randomInt(choice.length)] ?? "");
}

function charactersOf(inputs: Inputs): string {
  const { lower, upper, numeric, special } = inputs;
  return [lower ? lowerCase : "", upper ? upperCase : "", numeric ? digits : "", special ? specialOf(inputs) : ""].join("");
}

function specialOf({ overrideSpecial }: Inputs): string {
  return overrideSpecial ?? specialCharacters;
}
