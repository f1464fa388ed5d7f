import type { Failure, PropertyRules } from "./schema";

/** One resource type of a provider. */
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
  /** Absent for a resource that time does not change. */
  readonly renewal?: Renewal;
  /** Makes the resource from what the user gives as its id. @default an import is refused */
  import?(id: string): Promise<Imported>;
}

export interface Created {
  readonly id: string;
  /** Outputs that are not inputs. */
  readonly computed: Readonly<Record<string, unknown>>;
}

export interface Imported extends Created {
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A resource that is replaced when its time has come. */
export interface Renewal {
  /** The output that says so; it stands for the reason of a replacement. */
  readonly property: string;
  /** @param properties Outputs of the resource, with the inputs that it has or is to have. */
  isDue(properties: Readonly<Record<string, unknown>>, now: Date): boolean;
}

/** The type token as programs and state files have it: `tls:index/privateKey:PrivateKey`. */
export function tokenOf(provider: string, name: string): string {
  return `${provider}:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;
}
