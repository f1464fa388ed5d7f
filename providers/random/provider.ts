import type { ResourceDefinition } from "../kit/definition";
import { BuiltInProvider } from "../kit/provider";
import { randomPassword } from "./resources/random-password";

/** Every type that this provider serves. */
export const definitions: readonly ResourceDefinition[] = [randomPassword];

/** The `random` provider for machines that cannot get the official plugin. */
export class RandomProvider extends BuiltInProvider {
  constructor(o: { readonly version: string }) {
    super({ name: "random", definitions, ...o });
  }
}
