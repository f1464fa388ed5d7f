import type { provider } from "@pulumi/pulumi";
import { tokenOf } from "./definition";
import type { ResourceDefinition } from "./definition";
import { failuresOf, withDefaults } from "./schema";
import { asSecret, hasUnknown, plainProperties, same } from "./values";
import type { Properties } from "./values";

export interface ProviderOptions {
  /** First part of its type tokens, such as `tls`. */
  readonly name: string;
  /** Version of the SDK whose resources it serves. */
  readonly version: string;
  readonly definitions: readonly ResourceDefinition[];
  readonly now?: () => Date;
}

/**
 * A provider for machines that cannot get the official plugin: its types, property names, defaults and secrets, as far
 * as regions need them. What it does not serve is an error at preview, never left out in silence.
 */
export class BuiltInProvider implements provider.Provider {
  readonly version: string;
  private readonly name: string;
  private readonly served: ReadonlyMap<string, ResourceDefinition>;
  private readonly now: () => Date;

  constructor(o: ProviderOptions) {
    this.name = o.name;
    this.version = o.version;
    this.served = new Map(o.definitions.map((definition) => [tokenOf(o.name, definition.name), definition]));
    this.now = o.now ?? (() => new Date());
  }

  check = (urn: string, _olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: provider.CheckFailure[] }> =>
    settle(() => {
      const definition = this.definitionOf(urn);
      const inputs = withDefaults(definition.inputs, news);
      const known = Object.fromEntries(Object.entries(plainProperties(inputs)).filter(([, value]) => !hasUnknown(value)));
      const unsure = Object.keys(inputs).some((name) => !(name in known));
      const failures = failuresOf(definition.inputs, inputs);
      // A rule between properties may count one that is unknown yet as not set; it is judged when all are known.
      if (failures.length === 0 && !unsure) failures.push(...(definition.relations?.(known) ?? []));
      return { inputs, failures };
    });

  diff = (_id: string, urn: string, olds: Properties, news: Properties): Promise<provider.DiffResult> =>
    settle(() => {
      const definition = this.definitionOf(urn);
      const [before, after] = [plainProperties(olds), plainProperties(news)];
      const changed = Object.keys(definition.inputs).filter((name) => !same(before[name], after[name]));
      const replaces = changed.filter((name) => !definition.updatable.includes(name));
      const { renewal } = definition;
      // What is due is decided by the inputs that are to be, an absent one among them.
      const outputs = Object.fromEntries(Object.entries(before).filter(([name]) => !(name in definition.inputs)));
      if (renewal?.isDue({ ...outputs, ...after }, this.now()) === true) replaces.push(renewal.property);
      return { changes: changed.length > 0 || replaces.length > 0, replaces };
    });

  create = async (urn: string, inputs: Properties): Promise<provider.CreateResult> => {
    const definition = this.definitionOf(urn);
    const { id, computed } = await definition.create(plainProperties(inputs), this.now());
    return { id, outs: outputs(definition, { ...inputs, ...computed }) };
  };

  /** Nothing lives outside the state: reading gives it back, with what time has changed. */
  read = async (id: string, urn: string, properties: Properties = {}): Promise<provider.ReadResult> => {
    const definition = this.definitionOf(urn);
    if (Object.keys(properties).length === 0) return this.importAs(definition, id);
    const { renewal } = definition;
    const props = renewal === undefined ? properties
      : { ...properties, [renewal.property]: renewal.isDue(plainProperties(properties), this.now()) };
    const inputs = Object.fromEntries(Object.entries(properties).filter(([name]) => name in definition.inputs));
    return { id, props: outputs(definition, props), inputs };
  };

  /** Only for changes that {@link diff} does not answer with a replacement. */
  update = (_id: string, urn: string, olds: Properties, news: Properties): Promise<provider.UpdateResult> =>
    settle(() => ({ outs: outputs(this.definitionOf(urn), { ...olds, ...news }) }));

  delete = (): Promise<void> => Promise.resolve();

  invoke = (token: string): Promise<provider.InvokeResult> =>
    Promise.reject(new Error(`function ${token} is not served by ${this.described}; install ${this.official} to use it`));

  private async importAs(definition: ResourceDefinition, id: string): Promise<provider.ReadResult> {
    if (definition.import === undefined) {
      throw new Error(`${definition.name} ${id} cannot be imported: it exists only in the state of the stack that made it`);
    }
    const { id: imported, inputs, computed } = await definition.import(id);
    return { id: imported, props: outputs(definition, { ...inputs, ...computed }), inputs: { ...inputs } };
  }

  private definitionOf(urn: string): ResourceDefinition {
    // urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const definition = this.served.get(type);
    if (definition === undefined) {
      throw new Error(`resource type ${type} is not served by ${this.described}; it serves ${[...this.served.keys()].join(", ")}; install ${this.official} for others`);
    }
    return definition;
  }

  private get described(): string {
    return `the built-in ${this.name} provider`;
  }

  private get official(): string {
    return `the official plugin pulumi-resource-${this.name}`;
  }
}

function outputs(definition: ResourceDefinition, properties: Properties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) =>
    [name, definition.secretOutputs.includes(name) ? asSecret(value) : value]));
}

/** Runs a synchronous answer so that what it throws becomes a rejection. */
async function settle<T>(answer: () => T): Promise<T> {
  await Promise.resolve();
  return answer();
}
