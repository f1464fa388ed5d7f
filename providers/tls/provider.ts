import type { provider } from "@pulumi/pulumi";
import { hourMs } from "./certificates";
import { tokenOf } from "./definition";
import type { ResourceDefinition } from "./definition";
import { certRequest } from "./resources/cert-request";
import { locallySignedCert } from "./resources/locally-signed-cert";
import { privateKey } from "./resources/private-key";
import { selfSignedCert } from "./resources/self-signed-cert";
import { failuresOf, withDefaults } from "./schema";
import { asSecret, hasUnknown, plain, plainProperties, same } from "./values";
import type { Properties } from "./values";

/** Every type that this provider serves. */
export const definitions: readonly ResourceDefinition[] = [privateKey, selfSignedCert, certRequest, locallySignedCert];

const served = new Map(definitions.map((definition) => [tokenOf(definition.name), definition]));

/** The output that falls due with time; it stands for the reason of a replacement. */
const renewalProperty = "readyForRenewal";

/**
 * The `tls` provider for machines that cannot get the official plugin: its types, property names, defaults and secrets,
 * as far as regions need them. What it does not serve is an error at preview, never left out in silence.
 */
export class TlsProvider implements provider.Provider {
  readonly version: string;
  private readonly now: () => Date;

  constructor(o: { readonly version: string; readonly now?: () => Date }) {
    this.version = o.version;
    this.now = o.now ?? (() => new Date());
  }

  check = (urn: string, _olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: provider.CheckFailure[] }> =>
    settle(() => {
      const definition = definitionOf(urn);
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
      const definition = definitionOf(urn);
      const [before, after] = [plainProperties(olds), plainProperties(news)];
      const changed = Object.keys(definition.inputs).filter((name) => !same(before[name], after[name]));
      const replaces = changed.filter((name) => !definition.updatable.includes(name));
      if (this.isDue(before["validityEndTime"], after["earlyRenewalHours"])) replaces.push(renewalProperty);
      return { changes: changed.length > 0 || replaces.length > 0, replaces };
    });

  create = async (urn: string, inputs: Properties): Promise<provider.CreateResult> => {
    const definition = definitionOf(urn);
    const { id, computed } = await definition.create(plainProperties(inputs), this.now());
    return { id, outs: outputs(definition, { ...inputs, ...computed }) };
  };

  /** Nothing lives outside the state: reading gives it back, with what time has changed. */
  read = (id: string, urn: string, properties: Properties = {}): Promise<provider.ReadResult> =>
    settle(() => {
      const definition = definitionOf(urn);
      if (Object.keys(properties).length === 0) {
        throw new Error(`${definition.name} ${id} cannot be imported: it exists only in the state of the stack that made it`);
      }
      const end = plain(properties["validityEndTime"]);
      const props = end === undefined ? properties
        : { ...properties, [renewalProperty]: this.isDue(end, plain(properties["earlyRenewalHours"])) };
      const inputs = Object.fromEntries(Object.entries(properties).filter(([name]) => name in definition.inputs));
      return { id, props: outputs(definition, props), inputs };
    });

  /** Only for changes that {@link diff} does not answer with a replacement. */
  update = (_id: string, urn: string, olds: Properties, news: Properties): Promise<provider.UpdateResult> =>
    settle(() => ({ outs: outputs(definitionOf(urn), { ...olds, ...news }) }));

  delete = (): Promise<void> => Promise.resolve();

  invoke = (token: string): Promise<provider.InvokeResult> =>
    Promise.reject(new Error(`function ${token} is not served by the built-in tls provider; install the official plugin pulumi-resource-tls to use it`));

  private isDue(validityEndTime: unknown, earlyRenewalHours: unknown): boolean {
    if (typeof validityEndTime !== "string") return false;
    const early = typeof earlyRenewalHours === "number" ? earlyRenewalHours : 0;
    return this.now().getTime() >= Date.parse(validityEndTime) - early * hourMs;
  }
}

function outputs(definition: ResourceDefinition, properties: Properties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) =>
    [name, definition.secretOutputs.includes(name) ? asSecret(value) : value]));
}

function definitionOf(urn: string): ResourceDefinition {
  // urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const definition = served.get(type);
  if (definition === undefined) {
    throw new Error(`resource type ${type} is not served by the built-in tls provider; it serves ${[...served.keys()].join(", ")}; install the official plugin pulumi-resource-tls for others`);
  }
  return definition;
}

/** Runs a synchronous answer so that what it throws becomes a rejection. */
async function settle<T>(answer: () => T): Promise<T> {
  await Promise.resolve();
  return answer();
}
