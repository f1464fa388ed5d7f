import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { MockCallArgs, MockCallResult, MockResourceArgs, MockResourceResult } from "@pulumi/pulumi/runtime";

/** What one resource was registered with. Inputs are plain: a secret is its value, and `secrets` says which were. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** Names of the top-level inputs that were marked secret. */
  readonly secrets: readonly string[];
  /** Reference of the provider, `urn::id`; undefined where the engine would have to choose one. */
  readonly provider: string | undefined;
  /** False for components, which no provider manages. */
  readonly custom: boolean;
}

const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Outputs that a real provider would compute, by resource type. */
const COMPUTED: Readonly<Record<string, (name: string, inputs: Record<string, unknown>) => Record<string, unknown>>> = {
  "tls:index/privateKey:PrivateKey": (name) => ({ privateKeyPem: `key of ${name}`, publicKeyPem: `public key of ${name}` }),
  "tls:index/selfSignedCert:SelfSignedCert": (name) => ({ certPem: `certificate of ${name}` }),
  "tls:index/certRequest:CertRequest": (name) => ({ certRequestPem: `request of ${name}` }),
  "tls:index/locallySignedCert:LocallySignedCert": (name) => ({ certPem: `certificate of ${name}` }),
  "random:index/randomPassword:RandomPassword": (name) => ({ result: `password of ${name}` }),
  "kubernetes:core/v1:Service": (_, inputs) =>
    (inputs["spec"] as { type?: string } | undefined)?.type === "LoadBalancer"
      ? { status: { loadBalancer: { ingress: [{ ip: "192.0.2.10" }] } } }
      : {},
};

/** Records every registration. Calls to provider functions throw: nothing under test needs one. */
export class RecordingMocks implements pulumi.runtime.Mocks {
  readonly registered: Registered[] = [];

  newResource(args: MockResourceArgs): MockResourceResult {
    const given = args.inputs as Record<string, unknown>;
    const inputs = reveal(given) as Record<string, unknown>;
    this.registered.push({
      type: args.type,
      name: args.name,
      inputs,
      secrets: Object.keys(given).filter((key) => isSecret(given[key])),
      provider: args.provider === "" ? undefined : args.provider,
      custom: args.custom === true,
    });
    return { id: args.custom === true ? `${args.name}-id` : undefined, state: { ...named(args), ...COMPUTED[args.type]?.(args.name, inputs) } };
  }

  call(args: MockCallArgs): MockCallResult {
    throw new Error(`the program called '${args.token}', for which there is no mock`);
  }

  /** The only resource of that type and name. */
  only(type: string, name: string): Registered {
    const found = this.registered.filter((resource) => resource.type === type && resource.name === name);
    assert.equal(found.length, 1, `${found.length} resources are ${type} '${name}'; there are:\n${this.list().join("\n")}`);
    return found[0] as Registered;
  }

  ofType(type: string): Registered[] {
    return this.registered.filter((resource) => resource.type === type);
  }

  /** Types and names, sorted. */
  list(): string[] {
    return this.registered.map((resource) => `${resource.type} ${resource.name}`).sort();
  }
}

/** Kubernetes names an object that has no name after its resource; the suffix stands for the random one. */
function named(args: MockResourceArgs): Record<string, unknown> {
  const inputs = args.inputs as Record<string, unknown>;
  if (!args.type.startsWith("kubernetes:")) return inputs;
  const metadata = (inputs["metadata"] ?? {}) as Record<string, unknown>;
  return { ...inputs, metadata: { ...metadata, name: metadata["name"] ?? `${args.name}-suffix` } };
}

function isSecret(value: unknown): value is { value: unknown } {
  return typeof value === "object" && value !== null && (value as Record<string, unknown>)[SECRET_SIGNATURE] === SECRET;
}

/** The same value without its secret wrappers. */
function reveal(value: unknown): unknown {
  if (isSecret(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
}

/**
 * Runs a piece of a program under mocks and waits until everything it registers is registered.
 *
 * @param expected How many resources it registers, components among them; asserted, so that no test passes on nothing.
 *   Undefined for a caller that counts by itself.
 */
export async function register<T>(expected: number | undefined, program: () => T, stack = "local"): Promise<{ mocks: RecordingMocks; result: T }> {
  const mocks = new RecordingMocks();
  await pulumi.runtime.setMocks(mocks, "agentic-flow", stack);
  const result = program();
  await settled();
  if (expected !== undefined) assert.equal(mocks.registered.length, expected, `registered:\n${mocks.list().join("\n")}`);
  return { mocks, result };
}

/** Waits for every registration under way and for those that follow from it; rejects with the first that failed. */
export async function settled(): Promise<void> {
  await pulumi.runtime.disconnect();
}

/** The value of an Output. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const promise = (output as unknown as { promise(): Promise<T> }).promise();
    promise.then(resolve, reject);
  });
}
