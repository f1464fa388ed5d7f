import type { Failure, PropertyRules } from "./schema";

/** One resource type of the provider. */
export interface ResourceDefinition {
  /** Last part of the type token, such as `PrivateKey`. */
  readonly name: string;
  readonly inputs: PropertyRules;
  /** Outputs that are secret whatever the inputs are; secret inputs stay secret by themselves. */
  readonly secretOutputs: readonly string[];
  /** Inputs that may change without a new resource; any other change replaces it. */
  readonly updatable: readonly string[];
  /** What is wrong between inputs that are each right. Gets known inputs only. */
  relations?(inputs: Readonly<Record<string, unknown>>): Failure[];
  /** Makes the resource from complete, checked inputs. */
  create(inputs: Readonly<Record<string, unknown>>, now: Date): Promise<Created>;
}

export interface Created {
  readonly id: string;
  /** Outputs that are not inputs. */
  readonly computed: Readonly<Record<string, unknown>>;
}

/** The type token as programs and state files have it: `tls:index/privateKey:PrivateKey`. */
export function tokenOf(name: string): string {
  return `tls:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;
}
