import { unknownValue } from "@pulumi/pulumi/runtime/rpc";

/** Stands for a value that is not known before the update. Usable anywhere in an example's `props`. */
export const unknown: unknown = unknownValue;

export interface ExampleProvider {
  /** `pulumi:providers:<package>` */
  readonly type: string;
  readonly name: string;
  /** @default {} */
  readonly props?: Readonly<Record<string, unknown>>;
}

/** One resource as the engine would show it: inputs to a resource rule, outputs to a stack rule. */
export interface ExampleResource {
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly provider?: ExampleProvider;
  /** For stack rules: the names of the example's resources that each property was computed from. @default {} */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

/** What an example is about, then its one resource (resource rule) or all resources (stack rule). */
export type Example = {
  readonly title: string;
  /** The rule's settings, as a user would write them. @default none: the rule's own defaults */
  readonly config?: Readonly<Record<string, unknown>>;
} & (
  | { readonly resource: ExampleResource }
  | { readonly stack: readonly ExampleResource[] }
);

/** Says what is expected. All of it: a message that is not expected here fails the example. */
export type FailingExample = Example & {
  /** One pattern per violation, in the order in which they are reported. */
  readonly message: RegExp | readonly RegExp[];
};

export interface Examples {
  readonly passing: readonly Example[];
  readonly failing: readonly FailingExample[];
  /** Examples in which something could not be judged; `notJudged` matches the advisory line that says so. */
  readonly unknown?: readonly (Example & { readonly message: readonly RegExp[]; readonly notJudged: RegExp })[];
}
